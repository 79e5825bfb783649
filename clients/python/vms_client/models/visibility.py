from enum import StrEnum


class Visibility(StrEnum):
    PAID = "paid"
    PRIVATE = "private"
    PUBLIC = "public"
    UNLISTED = "unlisted"

    def __str__(self) -> str:
        return str(self.value)
