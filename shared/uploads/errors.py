"""Errors of uploads."""

from shared.errors import AppError, BadRequest, Conflict, Gone, Locked, NotFound, TooLarge, UnsupportedMedia


class BadHeader(BadRequest):
    """A header of the tus protocol is missing or malformed."""

    code, title = "invalid_header", "A header is missing or malformed"


class BodyInterrupted(BadRequest):
    """The client went away in the middle of the body; what had arrived is kept."""

    code, title = "body_interrupted", "The body ended too early"


class UploadNotFound(NotFound):
    """No such upload, or another user's."""

    code, title = "upload_not_found", "No such upload"


class UploadGone(Gone):
    """The upload has expired or was terminated."""

    code, title = "upload_gone", "The upload has expired or was terminated"


class OffsetMismatch(Conflict):
    """The request does not continue where the upload stands; its header ``Upload-Offset`` says where that is."""

    code, title = "offset_mismatch", "The upload is at another offset"

    def __init__(self, offset: int) -> None:
        super().__init__(f"The upload is at offset {offset}", headers={"Upload-Offset": str(offset)})


class UploadTooLarge(TooLarge):
    """More bytes than the upload's length, or than any upload may have."""

    code, title = "upload_too_large", "More bytes than allowed"


class UploadLocked(Locked):
    """Another request is writing to the upload."""

    code, title = "upload_locked", "Another request is writing to this upload"


class ChecksumMismatch(AppError):
    """460 (tus checksum extension): the bytes that arrived are not those that were sent; they are discarded."""

    status, code, title = 460, "checksum_mismatch", "The checksum does not match"


class NotAVideo(UnsupportedMedia):
    """The content is not a video container that is accepted here."""

    def __init__(self, detail: str) -> None:
        super().__init__(f"{detail}; accepted are MP4, MOV, WebM, MKV and AVI")
