"""Dependence: what share of a whole of the DPRK one partner, China, provides, under every declared definition.

Frames and parameters in, amounts and facts out: no reading of files, no plotting. A share is always one named
amount over another; a definition is a row of data/dependence/definitions.csv.
"""
