"""Trade growth: the yearly, quarterly and monthly series and what follows from them.

Frames and parameters in, frames and facts out: no reading of files, no plotting. `exports` are China's
exports to the DPRK, which are the DPRK's imports from China; `imports` are the reverse.
"""

MEASURES = ("exports", "imports", "total")
