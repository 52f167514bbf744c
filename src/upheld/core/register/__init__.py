"""The register of clauses: what the sources promise, by number; knows policies and nothing above them."""

from upheld.core.register.align import Alignment, align_document
from upheld.core.register.clauses import Clause, Piece, load_register
from upheld.core.register.coverage import Coverage, measure_coverage

__all__ = ["Alignment", "Clause", "Coverage", "Piece", "align_document", "load_register", "measure_coverage"]
