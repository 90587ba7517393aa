"""HTML: the class's pages, a page for each submission, and a fragment for notebooks.

Each module makes HTML of data: `class_page`, `submission`, `fragment`. `folder` writes the pages beside the results.
The files are self-contained and work from a folder on disk. `safe_text.inert` sanitises every value, and Jinja escapes
it; the pages' content security policy blocks anything that might still get through.
"""
