"""Worker processes: start them, limit them, stop them."""

from autograder.worker.course_modules import make_importable

# A worker may read the folder of `shared`, so whoever starts one has to find it. In a notebook, this is `Notebook`.
make_importable()
