"""What a paper takes from a run: tables, numbers, methods, datasheet, bibliography."""

from narrative.paper.bibliography import bibtex, cited
from narrative.paper.kit import check_paper, write_paper

__all__ = ["bibtex", "check_paper", "cited", "write_paper"]
