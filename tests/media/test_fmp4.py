import struct

import pytest

from worker.media import fmp4
from worker.media.adts import AdtsReader
from worker.media.errors import MediaError
from worker.media.sprites import JpegReader


def nal(kind, size=4):
    return struct.pack(">I", size) + bytes([kind]) + bytes(size - 1)


@pytest.mark.parametrize(
    ("unit", "idr"),
    [
        (nal(5), True),
        (nal(9) + nal(7) + nal(8) + nal(6) + nal(5), True),
        (nal(6) + nal(1), False),
        (nal(1) + nal(5), False),
        (b"", False),
    ],
)
def test_an_idr_picture_is_told_from_others(unit, idr):
    assert fmp4.starts_with_idr(unit, 4) is idr


def test_fragments_survive_writing_and_reading():
    samples = (fmp4.Sample(3, 500, 0), fmp4.Sample(2, 500, 2500), fmp4.Sample(4, 1000, 0))
    fragment = fmp4.Fragment(7, 123_456_789_012, samples, b"aaabbcccc")
    body = fmp4.write_fragment(fragment)
    ((offset, read),) = fmp4.parse_segment(body)
    assert (offset, read) == (0, fragment)
    assert body[body.index(b"mdat") + 4 :] == b"aaabbcccc"
    data_offset = struct.unpack_from(">i", body, body.index(b"trun") + 12)[0]
    assert body[data_offset : data_offset + 3] == b"aaa"


def test_decoding_runs_one_frame_ahead_and_never_stops():
    ticks = [fmp4.decode_tick(n, 1001) for n in range(6)]
    assert ticks == [0, 500, 1001, 2002, 3003, 4004]


def test_boxes_come_whole_however_the_stream_is_cut():
    stream = fmp4.box(b"ftyp", b"iso6") + fmp4.box(b"moov", bytes(100))
    reader = fmp4.BoxReader()
    boxes = [found for n in range(0, len(stream), 7) for found in reader.feed(stream[n : n + 7])]
    assert boxes == [(b"ftyp", stream[:12]), (b"moov", stream[12:])]
    with pytest.raises(MediaError):
        list(fmp4.BoxReader().feed(b"\0\0\0\x01junk"))


def test_a_fragment_whose_samples_do_not_fill_it_is_refused():
    body = bytearray(fmp4.write_fragment(fmp4.Fragment(1, 0, (fmp4.Sample(3, 1), fmp4.Sample(3, 1)), b"aaabbb")))
    position = body.index(b"trun") + 20
    body[position : position + 4] = struct.pack(">I", 2)
    with pytest.raises(ValueError, match="fill"):
        fmp4.parse_segment(bytes(body))


def test_adts_frames_and_configuration():
    frame = bytes([0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x7F, 0xFC]) + b"abcd"
    reader = AdtsReader()
    frames = [found for n in range(22) for found in reader.feed((frame * 2)[n : n + 1])]
    assert frames == [b"abcd", b"abcd"]
    assert (reader.config.codec, reader.config.sample_rate, reader.config.channels) == ("mp4a.40.2", 48000, 2)
    assert reader.config.audio_specific_config == b"\x11\x90"
    with pytest.raises(MediaError):
        list(AdtsReader().feed(bytes(9)))


def test_pictures_are_cut_at_their_end_not_at_look_alikes():
    table = b"\xff\xdb\x00\x06\xff\xd9\xff\xd9"
    picture = b"\xff\xd8" + table + b"\xff\xda\x00\x04\x00\x00" + b"scan\xff\x00data" + b"\xff\xd9"
    reader = JpegReader()
    stream = picture * 2
    assert [found for n in range(0, len(stream), 5) for found in reader.feed(stream[n : n + 5])] == [picture, picture]


def test_sync_marks_and_the_place_of_the_samples_are_read_back():
    samples = tuple(fmp4.Sample(2, 10, offset) for offset in (0, 5, 0))
    for all_sync in (False, True):
        body = fmp4.write_fragment(fmp4.Fragment(1, 0, samples, b"aabbcc"), all_sync=all_sync)
        ((_, moof, mdat),) = fmp4.split_segment(body)
        offset, marks = fmp4.parse_marks(moof)
        assert marks == [True, all_sync, all_sync]
        assert (moof + mdat)[offset:] == b"aabbcc"


def test_marks_of_single_samples_win():
    """Other writers mark each sample: size and flags in a row."""
    rows = b"".join(struct.pack(">II", 2, flags) for flags in (0x01010000, 0x02000000))
    run = fmp4.full_box(b"trun", 0, 0x1 | 0x200 | 0x400, struct.pack(">Ii", 2, 99), rows)
    track = fmp4.box(b"traf", fmp4.full_box(b"tfhd", 0, 0x020000, struct.pack(">I", 1)), run)
    assert fmp4.parse_marks(fmp4.box(b"moof", track)) == (99, [False, True])


@pytest.mark.parametrize("spare", [1, 7])
def test_bytes_behind_the_last_box_are_refused(spare):
    body = fmp4.write_fragment(fmp4.Fragment(1, 0, (fmp4.Sample(1, 1),), b"a"))
    with pytest.raises(ValueError, match="after the last box"):
        list(fmp4.split_segment(body + bytes(spare)))


@pytest.mark.parametrize(("config", "channels", "rate"), [(b"\x11\x90", 2, 48000), (b"\x12\x08", 1, 44100)])
def test_an_audio_header_says_what_its_configuration_says(config, channels, rate):
    init = fmp4.audio_init(audio_specific_config=config, sample_rate=rate, channels=channels, bitrate_bps=128_000)
    assert fmp4.parse_audio_init(init) == fmp4.AudioConfig(rate, "mp4a.40.2", channels, rate)
    with pytest.raises(ValueError, match="configuration"):
        fmp4.parse_audio_init(init.replace(b"\x05\x02" + config, b"\x07\x02" + config))
