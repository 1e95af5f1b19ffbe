"""Events and trade: what can be tested, what moved when, and what could not have been seen.

The rules are data: `data/events/` holds classes, windows, regimes, specifications and the plan, committed before
the first result. `study.Study` computes everything of one edition, each part when it is first asked for.
"""
