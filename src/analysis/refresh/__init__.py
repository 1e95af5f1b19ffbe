"""Newer figures from their publishers: fetched, read into our schema, compared with what stands, then taken in.

Nothing else of the package asks a network for anything. `web` fetches, a module a publisher reads what came, `changes`
says what is new, changed and gone, a module a table makes vintages of it, and `package` puts a new data package in the
place of the old one. `refresh` is what the command calls.
"""
