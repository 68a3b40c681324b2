"""Files that prove something: taken under their hash, once; refused when they are not what they say."""

import hashlib
import io
import re
import unicodedata
import uuid
import zipfile
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import fsspec

from opora.errors import EvidenceRefused, NotFound
from opora.words import Sentence

_LONGEST_NAME = 120
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f]')
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|\?xml|iframe|body)", re.IGNORECASE)
_PDF_TAIL = 2048  # readers look for the end mark in the last bytes
_MOST_MEMBERS = 2_000
_MOST_UNPACKED = 512 * 1024 * 1024
_HIGHEST_RATIO = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A file in the store. `name` is for display alone; nothing is ever found by it."""

    sha256: str
    size: int  # bytes
    media_type: str
    name: str


@dataclass(frozen=True, slots=True)
class _Type:
    media_type: str
    fits: Callable[[bytes], bool]


def _begins(*marks: bytes) -> Callable[[bytes], bool]:
    return lambda data: data.startswith(marks)


def _is_pdf(data: bytes) -> bool:
    return data.startswith(b"%PDF-") and b"%%EOF" in data[-_PDF_TAIL:]


def _is_jpeg(data: bytes) -> bool:
    return data.startswith(b"\xff\xd8\xff") and b"\xff\xd9" in data[-_PDF_TAIL:]


def _is_text(data: bytes) -> bool:
    return b"\x00" not in data and not _MARKUP.search(data[:4096])


def _office(part: str) -> Callable[[bytes], bool]:
    """A packed document with that part in it, of an honest size, and without macros."""

    def fits(data: bytes) -> bool:
        if not data.startswith(b"PK\x03\x04"):  # anything before it is another file in disguise
            return False
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = archive.infolist()
        except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError):
            return False
        names = [member.filename for member in members]
        unpacked = sum(member.file_size for member in members)
        is_bomb = unpacked > _MOST_UNPACKED or unpacked > len(data) * _HIGHEST_RATIO
        has_macros = any(name.lower().endswith("vbaproject.bin") for name in names)
        escapes = any(name.startswith("/") or ".." in name.split("/") for name in names)
        return part in names and not (
            is_bomb or has_macros or escapes or len(names) > _MOST_MEMBERS
        )

    return fits


def _open_document(kind: bytes) -> Callable[[bytes], bool]:
    is_packed = _office("content.xml")
    return lambda data: kind in data[:200] and is_packed(data)


_OPEN_XML = "application/vnd.openxmlformats-officedocument."
_OPEN_DOCUMENT = "application/vnd.oasis.opendocument."
TYPES: dict[str, _Type] = {
    "pdf": _Type("application/pdf", _is_pdf),
    "docx": _Type(f"{_OPEN_XML}wordprocessingml.document", _office("word/document.xml")),
    "xlsx": _Type(f"{_OPEN_XML}spreadsheetml.sheet", _office("xl/workbook.xml")),
    "odt": _Type(f"{_OPEN_DOCUMENT}text", _open_document(b"opendocument.text")),
    "ods": _Type(f"{_OPEN_DOCUMENT}spreadsheet", _open_document(b"opendocument.spreadsheet")),
    "png": _Type("image/png", _begins(b"\x89PNG\r\n\x1a\n")),
    "jpg": _Type("image/jpeg", _is_jpeg),
    "jpeg": _Type("image/jpeg", _is_jpeg),
    "csv": _Type("text/csv", _is_text),
    "txt": _Type("text/plain", _is_text),
}
"""What may be proof: the ending of the name and the bytes must agree."""

_PACKED = {"docx", "xlsx", "odt", "ods"}


def keep(
    store_url: str,
    source: Path | bytes,
    *,
    name: str,
    limit_mb: int,
    allowed: Collection[str] = tuple(TYPES),
) -> Kept:
    """Put the file into the store under its hash; the same bytes again are kept once.

    Raises EvidenceRefused with the reason.
    """
    shown = safe_name(name)
    data = _bytes_of(source, limit_mb)
    ending = shown.rpartition(".")[2].lower() if "." in shown else ""
    known = [one for one in TYPES if one in allowed]
    if ending not in known:
        text = "files of the kind “{ending}” are not taken; possible are: {known}"
        raise _refuse(text, ending=ending, known=", ".join(known))
    if not TYPES[ending].fits(data) or _has_second_face(ending, data):
        text = "“{name}” is no {ending} file inside, or it is damaged, locked or carries programs"
        raise _refuse(text, name=shown, ending=ending)
    digest = hashlib.sha256(data).hexdigest()
    _write(store_url, digest, data)
    return Kept(sha256=digest, size=len(data), media_type=TYPES[ending].media_type, name=shown)


def keep_as_is(store_url: str, data: bytes) -> str:
    """Put bytes that are no proof of a task into the store (an imported file); gives their sha256."""
    digest = hashlib.sha256(data).hexdigest()
    _write(store_url, digest, data)
    return digest


def is_kept(store_url: str, sha256: str) -> bool:
    """Whether the store has a file under that hash."""
    files, folder = _store(store_url)
    return bool(files.exists(_place(folder, sha256)))


def read(store_url: str, sha256: str) -> bytes:
    """The file's bytes, proven by their hash. Raises NotFound, or EvidenceRefused when it was changed."""
    if not _SHA256.fullmatch(sha256):
        raise NotFound(what=Sentence("file"), key=sha256)
    files, folder = _store(store_url)
    try:
        data: bytes = files.cat_file(_place(folder, sha256))
    except FileNotFoundError:
        raise NotFound(what=Sentence("file"), key=sha256) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise _refuse("the stored file {key} is not the one that was handed in", key=sha256)
    return data


def carry_over(
    source_url: str, target_url: str, files: Iterable[str]
) -> tuple[int, tuple[str, ...]]:
    """Copy what the target store lacks of these sha256; gives how many, and what the source lacks.

    A file that was changed in the source counts as lacking: it is not what was handed in.
    """
    store, folder = _store(target_url)
    copied, missing = 0, []
    for sha256 in files:
        if store.exists(_place(folder, sha256)):
            continue
        try:
            _write(target_url, sha256, read(source_url, sha256))
            copied += 1
        except (NotFound, EvidenceRefused):
            missing.append(sha256)
    return copied, tuple(missing)


def safe_name(name: str) -> str:
    """The name as it may be shown: one line, no path, no marks that turn the direction of writing."""
    last = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    visible = _FORBIDDEN.sub(" ", _HIDDEN.sub("", last))
    plain = " ".join(visible.split()).strip(". ")
    if _DEVICES.fullmatch(plain):
        plain = f"_{plain}"
    if len(plain) > _LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        kept = _LONGEST_NAME - len(dot) - len(ending[:10])
        plain = f"{stem[:kept]}{dot}{ending[:10]}" if dot else plain[:_LONGEST_NAME]
    return plain or "file"


def _refuse(text: str, **fields: object) -> EvidenceRefused:
    return EvidenceRefused(reason=Sentence(text, fields))


def _has_second_face(ending: str, data: bytes) -> bool:
    """A picture or page with an archive at its end is two files in one."""
    return ending not in _PACKED and zipfile.is_zipfile(io.BytesIO(data))


def _bytes_of(source: Path | bytes, limit_mb: int) -> bytes:
    limit = limit_mb * 1024 * 1024
    if isinstance(source, Path):
        if not source.is_file():
            raise _refuse("there is no file {path}", path=source)
        if source.stat().st_size > limit:
            raise _refuse("it is larger than {limit} MiB", limit=limit_mb)
        source = source.read_bytes()
    if len(source) > limit:
        raise _refuse("it is larger than {limit} MiB", limit=limit_mb)
    if not source.strip():
        raise _refuse("it is empty")
    return source


def _store(store_url: str) -> tuple[fsspec.AbstractFileSystem, str]:
    files, folder = fsspec.core.url_to_fs(store_url)
    return files, str(folder).rstrip("/")


def _place(folder: str, sha256: str) -> str:
    return f"{folder}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def _write(store_url: str, sha256: str, data: bytes) -> None:
    """Written aside and moved: nobody ever sees half a file under its hash."""
    files, folder = _store(store_url)
    place = _place(folder, sha256)
    if files.exists(place) and files.size(place) == len(data):
        return
    files.makedirs(place.rpartition("/")[0], exist_ok=True)
    aside = f"{place}.{uuid.uuid4().hex}"
    files.pipe_file(aside, data)
    files.mv(aside, place)
