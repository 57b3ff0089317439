"""Projects in a notebook: ``gaia.project.create("Ocean heat")``, ``gaia.project("ocean-heat").invite()``."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gaia_vre.catalog.citing import Citation
    from gaia_vre.client import ServiceClient


class SharedProject:
    """A project as I see it.

    Attributes
    ----------
    slug, title, description, visibility, account, state, role : str
        What it is, and what I am in it: owner, manager, editor, viewer or nothing.
    may : tuple of str
        What I may do: read, write, spend, people, describe, owners, end, ask.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self._facts = facts
        self.slug: str = facts["slug"]
        self.title: str = facts["title"]
        self.description: str = facts["description"]
        self.visibility: str = facts["visibility"]
        self.account: str = facts["account"]
        self.state: str = facts["state"]
        self.role: str | None = facts["role"]
        self.may: tuple[str, ...] = tuple(facts["may"])
        self.ends: str = facts["ends"][:10]

    def __repr__(self) -> str:
        return f"<Project {self.slug}: {self.title!r}, {self.role or 'not a member'}, {self.state}, until {self.ends}>"

    def _repr_html_(self) -> str:
        facts = (self.slug, self.role or "not a member", self.state, f"until {self.ends}")
        return f"<p><strong>{html.escape(self.title)}</strong><br>{html.escape(' · '.join(facts))}</p>"

    def members(self) -> list[Member]:
        """Return who is in it, owners first."""
        with _service() as service:
            return [Member(**_kept(one)) for one in service.ask("GET", f"/projects/{self.slug}/members")]

    def add(self, username: str, role: str = "editor", until: str | None = None) -> None:
        """Give somebody who has signed in here a role; with an end as guest.

        Parameters
        ----------
        until
            An instant with its zone, such as ``2027-03-01T00:00Z``.

        Raises
        ------
        gaia_vre.core.errors.NotAllowed
            Only managers and owners may, and only owners where managers and owners are concerned.
        gaia_vre.core.errors.InvalidInput
            Nobody of that name has signed in yet, or there is no such role.
        """
        with _service() as service:
            service.ask("PUT", f"/projects/{self.slug}/members/{_word(username)}", {"role": role, "until": until})

    def remove(self, username: str) -> None:
        """Take somebody out, or leave; raises NotAllowed and, for the last owner, Conflict."""
        with _service() as service:
            service.ask("DELETE", f"/projects/{self.slug}/members/{_word(username)}")

    def invite(self, role: str = "viewer", days: float = 7, uses: int = 1) -> str:
        """Return the address of a link that lets people in; it is told this once."""
        with _service() as service:
            body = {"role": role, "days": days, "uses": uses}
            return str(service.ask("POST", f"/projects/{self.slug}/invitations", body)["address"])

    def cite(self, *datasets: str) -> None:
        """Note which datasets the project's results rest on; without names, all that this session opened."""
        names = list(datasets) or [dataset.id for dataset, _ in _opened().entries]
        with _service() as service:
            service.ask("POST", f"/projects/{self.slug}/datasets", {"datasets": names})

    def export(self, to: str, files: str | None = None, name: str = "") -> dict[str, Any]:
        """Write the project as a bag with checksums and metadata; called again after a stop it goes on.

        Parameters
        ----------
        to
            A folder, ``s3://``, ``webdavs://``, ``irods://``, or a file that ends with ``.zip``.
        files
            Where its files are; as a lab has them when left out.
        name
            Of the bag; that of the project when left out.

        Returns
        -------
        dict
            The receipt: where the bag is, its digest, files and bytes.
        """
        from gaia_vre.moving import export

        with _service() as service:
            return export(service, self.slug, to, files, name or self.slug)

    def start_server(self, size: str | None = None) -> str:
        """Start the project's server on its account and return its address; several people edit in it at once.

        Raises
        ------
        gaia_vre.core.errors.NotAllowed
            Only editors may, and only while the project lives.
        gaia_vre.core.errors.InvalidInput
            There is no such size, or the project's account does not bear it.
        """
        with _service() as service:
            service.ask("POST", f"/projects/{self.slug}/server", {"size": size})
            return str(service.ask("POST", f"/projects/{self.slug}/server/open")["url"])

    def server(self) -> dict[str, Any]:
        """Return the state of the project's server: ``state``, ``size`` and ``url``."""
        with _service() as service:
            found: dict[str, Any] = service.ask("GET", f"/projects/{self.slug}/server")
            return found

    def stop_server(self) -> None:
        """Stop the project's server; raises NotAllowed to all but editors."""
        with _service() as service:
            service.ask("DELETE", f"/projects/{self.slug}/server")

    def files(self, folder: str = "") -> list[dict[str, Any]]:
        """Return what is in a folder of the project; in a lab of your own it stands in ``~/projects``."""
        with _service() as service:
            path = f"/projects/{self.slug}/files?path={_word(folder)}"
            found: list[dict[str, Any]] = service.ask("GET", path)
            return found

    def publish(self, path: str, title: str = "", audience: str = "members", *, listed: bool = False) -> dict[str, Any]:
        """Publish a notebook of the project's folder as it is now; the same one again is its next version.

        Parameters
        ----------
        path
            Where it is in the project's folder, such as ``results/heat.ipynb``.
        audience
            ``members``, ``signed-in`` or, where the operator lets it be, ``public``.
        listed
            Whether it stands in the list of what projects publish.

        Returns
        -------
        dict
            ``id``, ``version`` and ``address``, where it is read, among others.
        """
        body = {"path": path, "title": title, "audience": audience, "listed": listed}
        with _service() as service:
            made: dict[str, Any] = service.ask("POST", f"/projects/{self.slug}/published", body)
            return made

    def published(self) -> list[dict[str, Any]]:
        """Return what it publishes, as far as I may read it."""
        with _service() as service:
            found: list[dict[str, Any]] = service.ask("GET", f"/projects/{self.slug}/published")
            return found

    def withdraw(self, number: int) -> None:
        """Show something no longer; raises NotFound, and NotAllowed for all but editors."""
        with _service() as service:
            service.ask("DELETE", f"/projects/{self.slug}/published/{int(number)}")

    def publish_app(
        self, path: str, title: str = "", audience: str = "members", *, listed: bool = False, kind: str | None = None
    ) -> dict[str, Any]:
        """Let others use a program of the project's folder in their browser, as `publish` does for a notebook.

        It runs on the project's account while somebody visits it, as the file is then, reads the project's files and
        writes none.

        Parameters
        ----------
        kind
            ``panel``, ``streamlit`` or ``voila``. Without it a program that imports Streamlit is Streamlit's, a
            notebook in which nothing is servable Voilà's, and all else Panel's.

        Returns
        -------
        dict
            ``id`` and ``address``, where it is visited, among others.
        """
        body = {"path": path, "title": title, "audience": audience, "listed": listed, "kind": kind}
        with _service() as service:
            made: dict[str, Any] = service.ask("POST", f"/projects/{self.slug}/apps", body)
            return made

    def apps(self) -> list[dict[str, Any]]:
        """Return its apps, as far as I may visit them."""
        with _service() as service:
            found: list[dict[str, Any]] = service.ask("GET", f"/projects/{self.slug}/apps")
            return found

    def withdraw_app(self, number: int) -> None:
        """Let nobody visit an app any more, and stop it; raises NotFound, and NotAllowed for all but editors."""
        with _service() as service:
            service.ask("DELETE", f"/projects/{self.slug}/apps/{int(number)}")

    def publish_dataset(  # noqa: PLR0913 - each is a field that a person fills in
        self,
        path: str,
        name: str = "",
        *,
        title: str | None = None,
        abstract: str | None = None,
        licence: str | None = None,
        creators: Iterable[str] | None = None,
        doi: str | None = None,
    ) -> dict[str, Any]:
        """Publish a file or store of the project's folder as a dataset, for its members; again is a new version.

        Extent, variables and statistics are read from the file, here; what is not given is what the file says.

        Parameters
        ----------
        path
            Of a Zarr store, a NetCDF, GeoTIFF, (Geo)Parquet or CSV file in the project's folder.
        name
            Behind the project's name and a dot it is the id by which `gaia.open` opens it; from the file's when left
            out.

        Returns
        -------
        dict
            ``name``, ``version``, ``citation`` and ``address`` among others.
        """
        from gaia_vre.shared_data import described

        people = None if creators is None else list(creators)
        said = {"title": title, "abstract": abstract, "licence": licence, "creators": people, "doi": doi}
        body = described(self.slug, path, name) | said
        with _service() as service:
            made: dict[str, Any] = service.ask("POST", f"/projects/{self.slug}/published-datasets", body)
            return made

    def published_datasets(self) -> list[dict[str, Any]]:
        """Return the datasets that it publishes, as far as I may know of them."""
        with _service() as service:
            found: list[dict[str, Any]] = service.ask("GET", f"/projects/{self.slug}/published-datasets")
            return found

    def list_dataset(self, name: str, *, listed: bool = True) -> None:
        """Let everybody who is signed in find a dataset, or members alone again; the files stay with members."""
        with _service() as service:
            path = f"/projects/{self.slug}/published-datasets/{_word(name)}"
            service.ask("PATCH", path, {"listed": listed})

    def withdraw_dataset(self, name: str) -> None:
        """Forget a published dataset; its files stay; raises NotFound, and NotAllowed for all but editors."""
        with _service() as service:
            service.ask("DELETE", f"/projects/{self.slug}/published-datasets/{_word(name)}")

    def history(self) -> list[dict[str, Any]]:
        """Return what happened, newest first."""
        with _service() as service:
            found: list[dict[str, Any]] = service.ask("GET", f"/projects/{self.slug}/history")
            return found


@dataclass(frozen=True)
class Member:
    """Somebody in a project."""

    username: str
    role: str
    until: str | None


class ProjectDoor:
    """The projects that I am in: call it with a name, iterate over it, or `create` one."""

    def __call__(self, slug: str) -> SharedProject:
        """Return a project; raises NotFound for one that I may not know of."""
        with _service() as service:
            return SharedProject(service.ask("GET", f"/projects/{_word(slug)}"))

    def __iter__(self) -> Iterator[SharedProject]:
        with _service() as service:
            return iter([SharedProject(one) for one in service.ask("GET", "/projects")])

    def __repr__(self) -> str:
        return "\n".join(map(repr, self)) or "You are in no project: gaia.project.create('…') makes one."

    def create(self, title: str, slug: str = "", description: str = "", visibility: str = "private") -> SharedProject:
        """Make a project that belongs to me.

        Parameters
        ----------
        slug
            Name of its folder, account and server; from the title when left out.
        visibility
            ``private``, ``listed`` (others may ask to join) or ``open`` (others may read its page).

        Raises
        ------
        gaia_vre.core.errors.Conflict
            The name is taken.
        gaia_vre.core.errors.NotAllowed
            Others make projects here, or I own as many as one may.
        """
        body = {"title": title, "slug": slug, "description": description, "visibility": visibility}
        with _service() as service:
            return SharedProject(service.ask("POST", "/projects", body))

    def bring_in(self, bag: str, slug: str = "", community: str | None = None) -> SharedProject:
        """Make a project of a bag, a folder or a ZIP file; it belongs to me, its other members are invited.

        Parameters
        ----------
        slug
            Its name here; as in the bag when left out.
        """
        from gaia_vre.moving import bring_in

        with _service() as service:
            return SharedProject(bring_in(service, bag, slug, community))

    def invited(self) -> list[SharedProject]:
        """Return the projects that I am invited to by name; `accept` one."""
        with _service() as service:
            return [SharedProject(one) for one in service.ask("GET", "/projects/invited")]

    def accept(self, slug: str) -> SharedProject:
        """Become a member of a project that I am invited to by name."""
        with _service() as service:
            service.ask("POST", f"/projects/{_word(slug)}/accept")
        return self(slug)

    def join(self, link: str) -> SharedProject:
        """Come into a project by a link, or by what follows the # in it."""
        with _service() as service:
            return SharedProject(service.ask("POST", "/projects/join", {"secret": link.rpartition("#")[2]}))


project = ProjectDoor()


def _service() -> ServiceClient:
    from gaia_vre.client import ServiceClient

    return ServiceClient()


def _opened() -> Citation:
    from gaia_vre.catalog.session import opened

    return opened()


def _word(name: str) -> str:
    from urllib.parse import quote

    return quote(name, safe="")


def _kept(one: dict[str, Any]) -> dict[str, Any]:
    return {name: one[name] for name in Member.__dataclass_fields__}
