"""datatrove: a filter block that drops documents under a wrong headline, or tags all with scores.

python datatrove_filter.py SOURCE TARGET
"""

from __future__ import annotations

import sys
from typing import Any

from datatrove.data import Document
from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.filters.base_filter import BaseFilter
from datatrove.pipeline.readers import ParquetReader
from datatrove.pipeline.writers import ParquetWriter
from datatrove.pipeline.writers.disk_base import DiskWriter

from mismatch.arrow import Scorer


class MismatchFilter(BaseFilter):
    """Scores the headline in a document's metadata against its text.

    Every document that goes on, and every one that is dropped, has the scores in its metadata.

    Parameters
    ----------
    title : str
        Key of the headline in ``Document.metadata``.
    drop : bool
        Whether to drop mismatches; else they are only tagged.
    exclusion_writer : DiskWriter, optional
        Where to put what is dropped.
    batch_size : int
        Documents scored together.
    **options
        Of `Scorer`.
    """

    name = "Headline mismatch"

    def __init__(
        self,
        title: str = "title",
        *,
        drop: bool = True,
        exclusion_writer: DiskWriter | None = None,
        batch_size: int = 1_000,
        **options: Any,
    ) -> None:
        super().__init__(exclusion_writer, batch_size)
        self.title = title
        self.drop = drop
        self.scorer = Scorer(**options)

    def filter(self, doc: Document) -> bool | tuple[bool, str]:
        """Decide on one document."""
        return self.filter_batch([doc])[0]

    def filter_batch(self, batch: list[Document]) -> list[bool | tuple[bool, str]]:
        """Decide on documents: True to keep one, or False and why it is dropped."""
        table = {
            "title": [doc.metadata.get(self.title) for doc in batch],
            "body": [doc.text for doc in batch],
        }
        scored = self.scorer(table)  # a dict of lists has NaN and "" for None: writers want a type
        for name in [name for name in scored if name not in table]:
            for doc, value in zip(batch, scored[name], strict=True):
                doc.metadata[name] = value
        return [
            (False, doc.metadata["mismatch_reason"])
            if self.drop and doc.metadata["is_mismatch"]
            else True
            for doc in batch
        ]


if __name__ == "__main__":
    source, target = sys.argv[1:]
    LocalPipelineExecutor(
        [
            ParquetReader(source, text_key="body", id_key="id"),
            MismatchFilter(exclusion_writer=ParquetWriter(f"{target}/dropped")),
            ParquetWriter(f"{target}/kept"),
        ],
        tasks=2,  # as many as there are files, or fewer
        workers=2,
        logging_dir=f"{target}/logs",  # remembers finished tasks: a second run does the others
    ).run()
