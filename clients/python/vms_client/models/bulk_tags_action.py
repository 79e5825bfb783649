from enum import StrEnum


class BulkTagsAction(StrEnum):
    ADDTAGS = "addTags"
    REMOVETAGS = "removeTags"

    def __str__(self) -> str:
        return str(self.value)
