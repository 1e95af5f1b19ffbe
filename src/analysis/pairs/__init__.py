"""Reports on other pairs of countries than the one that the data package documents.

All they have is CEPII's BACI, as far as it was taken in: yearly trade of the two, and what each trades with the world.
`view` is the data package as such a report sees it, `report` the report itself, `displays` what its notebooks show.
"""
