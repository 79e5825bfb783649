from enum import StrEnum


class PipelineStage(StrEnum):
    APPROVED = "approved"
    ARCHIVED = "archived"
    DRAFT = "draft"
    EDITING = "editing"
    PROCESSING = "processing"
    PUBLISHED = "published"
    RECORDING = "recording"
    REVIEW = "review"

    def __str__(self) -> str:
        return str(self.value)
