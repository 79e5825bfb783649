"""Moving a video from Vimeo to our own hosting, and back."""
