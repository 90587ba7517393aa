"""Grading on many machines: Dask's scheduler and workers underneath, as they are."""
