"""One pass of a network over English text: attributions, entities and dependencies."""

from narrative.reader.reading import LANGUAGES, Attributed, Reader, Reading, shipped_reader

__all__ = ["LANGUAGES", "Attributed", "Reader", "Reading", "shipped_reader"]
