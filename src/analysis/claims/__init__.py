"""The claims of the two essays, each judged by a declared rule against the facts of the report.

`ledger` reads data/claims.csv, `rules` is the closed list of rules, `verdicts` applies them, `evidence` makes facts of
the small tables that only claims need, `facts` gives each verdict as a fact. Facts in, verdicts out.
"""
