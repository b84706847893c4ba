"""Talking to a Sahana Eden server over HTTP, and saying clearly what went wrong.

One request, one answer. Three things are errors, since nothing can go on after them: nobody there, the login refused,
an answer nobody can read. What concerns one table only, such as a missing right, comes back as `Refused`. Reading goes
to the table's own address by one fixed query, so that every gateway reads the same body. A redirection is never
followed and a file is fetched from the configured server only, whatever address an answer names.
"""

import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Final, NamedTuple, Self
from urllib.parse import quote, unquote, urlsplit

import httpx

from edenmesh.core.limits import DESTINATION_ANSWER_BYTES_MAX, FILE_BYTES_MAX
from edenmesh.core.records import Catalogue, File, Form, Raw
from edenmesh.eden.address import ServerAddress
from edenmesh.eden.answer import Answer, decode_answer
from edenmesh.eden.decoding import decode_document
from edenmesh.eden.encoding import encode_push
from edenmesh.eden.forms import FormListing, decode_form_list, decode_mform
from edenmesh.eden.jsontext import read_json
from edenmesh.eden.pinning import WrongKey, format_pin, tls_context
from edenmesh.eden.plan import Batch, table_address
from edenmesh.eden.row import Document
from edenmesh.errors import AnswerNotUnderstood, DestinationUnreachable, InvalidInput, LoginRefused

TIMEOUT_SECONDS: Final = 60.0
"""Silence after which a request is given up; a push of 100 records took a real server up to 4 s."""
PAGE_ROWS: Final = 200
"""Records asked for in one page of a listing."""
READ_UUIDS: Final = 100
"""Records read by name in one request: an address below 8 kB, which every web server takes."""

_CONNECT_SECONDS: Final = 10.0
_DOWNLOAD: Final = "/default/download/"
_UNASKABLE: Final = frozenset(",\"'\\*;&#+%\x7f")
"""Characters of a uuid that a filter in an address would take for something else."""
_ANY_MEDIA: Final = "application/octet-stream"
_MAY_BE_GONE: Final = frozenset((502, 503, 504))


class Refused(NamedTuple):
    """The server answers, but not this: the status and a sentence for people."""

    status: int
    what: str

    @property
    def is_failure(self) -> bool:
        """Whether the server broke down over the request, rather than refusing it."""
        return self.status >= 500


class Reply(NamedTuple):
    """An answer as it came."""

    status: int
    data: bytes


def can_be_asked(uuid: str) -> bool:
    """Whether a record can be read by this uuid: a filter gives some characters a meaning."""
    is_plain = uuid.isprintable() and not _UNASKABLE.intersection(uuid) and uuid == uuid.strip()
    return is_plain and uuid.upper() != "NONE"


class EdenClient:
    """One login at one server. Use it with `async with`."""

    def __init__(self, address: ServerAddress, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        self.address: Final = address
        is_tls = address.url.startswith("https:")
        self._http = httpx.AsyncClient(
            auth=httpx.BasicAuth(address.user, address.password),
            # For plain http a context without any authority, which takes no time to make and lets nobody in.
            verify=tls_context(address.pin) if is_tls else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            timeout=httpx.Timeout(timeout_seconds, connect=min(timeout_seconds, _CONNECT_SECONDS)),
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "edenmesh"},
            follow_redirects=False,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    # --- reading ------------------------------------------------------------------------------------------------------

    async def forms(self) -> tuple[FormListing, ...]:
        """The forms a server offers. Raises DeliveryError."""
        reply = await self._ask("GET", "mobile/forms.json")
        if reply.status != 200:
            raise AnswerNotUnderstood(what=f"{self.address.url} has no list of forms: it answers {reply.status}.")
        return decode_form_list(reply.data)

    async def form(self, listing: FormListing) -> Form | Refused:
        """One of the forms; this is also the cheapest thing that asks for the login."""
        address = f"{_part(listing.controller)}/{_part(listing.function)}/mform.json"
        reply = await self._ask("GET", address, _variables(listing.variables))
        if reply.status != 200:
            return self._refused(reply, listing.table)
        return decode_mform(reply.data, listing)

    async def read(
        self, table: str, uuids: Sequence[str], catalogue: Catalogue, components: Iterable[str] = ()
    ) -> Document | Refused:
        """Records of a table by uuid, with the components of these tables inside them.

        What is not in the document is not there. Raises DeliveryError.
        """
        function = table_address(table, catalogue)[1]
        filters = quote(",".join(uuids), safe=":,-")
        return await self._export(table, catalogue, components, f"{_part(function)}.uuid__belongs={filters}")

    async def page(
        self, table: str, start: int, catalogue: Catalogue, components: Iterable[str] = ()
    ) -> Document | Refused:
        """A page of all records of a table. Raises DeliveryError."""
        return await self._export(table, catalogue, components, f"start={start}&limit={PAGE_ROWS}")

    async def download(self, url: str) -> bytes | Refused:
        """The content of a file that an answer named. It is fetched from this server, whatever host `url` names."""
        name = urlsplit(url).path.partition(_DOWNLOAD)[2]
        if not name:
            return Refused(404, "The server names a file by an address that is none of its own.")
        reply = await self._ask("GET", f"default/download/{quote(unquote(name))}", limit=FILE_BYTES_MAX)
        if reply.status != 200:
            return Refused(reply.status, f"The server answers {reply.status} for a file it named.")
        return reply.data

    async def _export(
        self, table: str, catalogue: Catalogue, components: Iterable[str], query: str
    ) -> Document | Refused:
        form = catalogue.form(table)
        named = ",".join(_part(alias) for alias in _aliases(table, components, catalogue)) or "None"
        variables = _variables(form.variables) if form is not None else ""
        parameters = [variables, f"maxdepth=0&show_urls=false&mcomponents={named}", query]
        reply = await self._ask("GET", self._place(table, catalogue), "&".join(filter(None, parameters)))
        if reply.status != 200:
            return self._refused(reply, table)
        try:
            document = decode_document(reply.data, catalogue)
        except InvalidInput as error:
            raise self._unreadable(table, error.what) from error
        told = document.attributes.get("results", "")
        if not told.isdecimal():
            raise self._unreadable(table, "it is no export of records.")
        shown = sum(row.table == table and row.master is None for row in document.rows)
        if int(told) > shown and not document.problems:
            raise self._unreadable(table, f"it says that it has {told} records, and has {shown}.")
        return document

    # --- writing ------------------------------------------------------------------------------------------------------

    async def push(
        self, batch: Batch, content_of: Callable[[File], bytes | None], catalogue: Catalogue
    ) -> Answer | Refused:
        """Send one batch with its files. What the answer says proves nothing; read back. Raises DeliveryError."""
        document = encode_push(batch.rows, catalogue)
        files = {name: (content_of(file), file.media) for name, file in batch.files.items()}
        place, parameters = self._place(batch.table, catalogue), "ignore_errors=True"
        contents = {name: (content, media) for name, (content, media) in files.items() if content is not None}
        if contents:
            parts: list[tuple[str, tuple[str | None, bytes, str]]] = [
                ("data.s3json", (None, document, "application/json")),
                *((name, (name, content, media or _ANY_MEDIA)) for name, (content, media) in contents.items()),
            ]
            reply = await self._ask("POST", place, parameters, parts=parts)
        else:
            reply = await self._ask("POST", place, parameters, document=document)
        if reply.status not in (200, 400):
            return self._refused(reply, batch.table)
        return decode_answer(reply.data)

    # --- requests -----------------------------------------------------------------------------------------------------

    def _place(self, table: str, catalogue: Catalogue) -> str:
        controller, function = table_address(table, catalogue)
        return f"{_part(controller)}/{_part(function)}.s3json"

    async def _ask(
        self,
        method: str,
        place: str,
        parameters: str = "",
        *,
        document: bytes | None = None,
        parts: Sequence[tuple[str, tuple[str | None, bytes, str]]] | None = None,
        limit: int = DESTINATION_ANSWER_BYTES_MAX,
    ) -> Reply:
        url = f"{self.address.url}/{place}" + (f"?{parameters}" if parameters else "")
        headers = {"Content-Type": "application/json"} if document is not None else {}
        try:
            request = self._http.build_request(method, url, content=document, files=parts, headers=headers)
            response = await self._http.send(request, stream=True)
            try:
                data = await self._read(response, limit)
            finally:
                await response.aclose()
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._broken(error) from error
        self._require_answer(response)
        return Reply(response.status_code, data)

    async def _read(self, response: httpx.Response, limit: int) -> bytes:
        pieces: list[bytes] = []
        size = 0
        async for piece in response.aiter_bytes():
            size += len(piece)
            if size > limit:
                raise AnswerNotUnderstood(what=f"{self.address.host} sends an answer of more than {limit} bytes.")
            pieces.append(piece)
        return b"".join(pieces)

    def _require_answer(self, response: httpx.Response) -> None:
        """Raise the error that an answer means for everything that would follow."""
        status, host = response.status_code, self.address.host
        if status == 401:
            raise LoginRefused(what=f"{host} does not accept the login {self.address.user!r}.")
        if response.is_redirect or response.is_informational:
            elsewhere = urlsplit(response.headers.get("Location", "")).netloc or "another page"
            raise AnswerNotUnderstood(
                what=f"{self.address.url} sends us on to {elsewhere}, which may not be the same server.",
                do="Check the address; many servers send plain http on to https. Then enter the right one.",
            )
        if status in _MAY_BE_GONE:
            raise DestinationUnreachable(what=f"{host} answers {status}: the server behind it is not running.")

    def _refused(self, reply: Reply, table: str) -> Refused:
        user = self.address.user
        words = {
            403: f"The login {user!r} has no right to the table {table}.",
            404: f"The server has no table {table}.",
            413: "The server takes no request of this size.",
        }
        otherwise = "broke down over it" if reply.status >= 500 else "refuses it"
        return Refused(reply.status, words.get(reply.status, f"The server {otherwise}: it answers {reply.status}."))

    def _unreadable(self, table: str, why: str) -> AnswerNotUnderstood:
        return AnswerNotUnderstood(what=f"The answer of {self.address.host} for {table} is not understood: {why}")

    def _broken(self, error: Exception) -> DestinationUnreachable | AnswerNotUnderstood:
        host = self.address.host
        wrong = _cause(error, WrongKey)
        if isinstance(wrong, WrongKey):
            return DestinationUnreachable(
                what=f"The server at {host} has the key {format_pin(wrong.pin)}, which is not the pinned one.",
                do="Ask whoever runs the server whether its key was changed. If so, pin the new one.",
            )
        if isinstance(refused := _cause(error, ssl.SSLError), ssl.SSLError):
            return DestinationUnreachable(
                what=f"No safe connection to {host}: {refused.reason or refused}.",
                do="See its key with `edenmesh destination test`, compare it with the server's, and pin it.",
            )
        if isinstance(error, httpx.RemoteProtocolError | httpx.DecodingError):
            return AnswerNotUnderstood(what=f"{host} broke off in the middle of its answer.")
        if isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
            return DestinationUnreachable(what=f"{host} was reached and does not answer.")
        return DestinationUnreachable(what=f"{host} cannot be reached: {str(error) or type(error).__name__}.")


def _aliases(table: str, components: Iterable[str], catalogue: Catalogue) -> list[str]:
    """The aliases under which a table's form knows these components; by rule of thumb the name after the underscore."""
    aliases: dict[str, None] = {}
    for name in components:
        known = [one.component.alias for one in catalogue.memberships(name) if one.master == table]
        aliases.update(dict.fromkeys(known or [name.partition("_")[2] or name]))
    return list(aliases)


def _part(name: str) -> str:
    return quote(name, safe="")


def _variables(text: str) -> str:
    """The further variables of a form's address, kept as the text of a JSON object."""
    try:
        raw: Raw = read_json(text.encode()) if text else None
    except InvalidInput:
        raw = None
    given: Mapping[str, Raw] = raw if isinstance(raw, dict) else {}
    return "&".join(f"{_part(name)}={_part(str(value))}" for name, value in given.items())


def _cause(error: BaseException | None, kind: type[BaseException]) -> BaseException | None:
    for _ in range(8):
        if error is None or isinstance(error, kind):
            return error
        error = error.__cause__ or error.__context__
    return None
