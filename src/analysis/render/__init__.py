"""Rendering: notebooks are run, merged into one document, and exported to HTML and PDF.

`document` turns executed notebooks into a tree of plain data; `html` and `pdf` are the nbconvert
exporters that set it. `execute`, `outputs`, `swap` and `build` make a report of it all.
"""
