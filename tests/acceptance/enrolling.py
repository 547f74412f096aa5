"""An organization to enroll, and the command that does it."""

from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.programs import TOKEN, Ended
from tests.acceptance.programs import command as run_inside
from tests.okta_simulator import App, Simulator

ACS = "https://teleport.enzos-pizza.com/v1/webapi/saml/acs/okta"
FILES = {".gitignore", "idsync.yaml", "owners.yaml", "okta.teleport.yaml"}


@dataclass
class World:
    """An organization, its address, and a folder that need not be there."""

    simulator: Simulator
    url: str
    folder: Path

    def enroll(self, *more: str, url: str = "", approve: bool = True, secrets: dict[str, str] = TOKEN) -> Ended:
        """Run the command in the folder."""
        return run_inside(*self.arguments(*more, url=url, approve=approve), more=secrets)

    def arguments(self, *more: str, url: str = "", approve: bool = True) -> list[str]:
        """The command line of it."""
        options = ["--org-url", url or self.url, "--owner", "owner@enzos-pizza.com", "--acs-url", ACS, *more]
        return ["enroll", "okta", "-c", str(self.folder), *options, *(["--auto-approve"] if approve else [])]

    def run(self, name: str, *arguments: str, secrets: dict[str, str] = TOKEN) -> Ended:
        """Run another command on what was enrolled; it must succeed."""
        ended = run_inside(name, "-c", self.folder, *arguments, more=secrets)
        assert ended.code == 0, ended.out + ended.err
        return ended

    @property
    def files(self) -> dict[str, bytes]:
        """Every file that is there for people, by its path: not what a killed process left half written."""
        found = (path for path in self.folder.rglob("*") if path.is_file()) if self.folder.exists() else ()
        named = {str(path.relative_to(self.folder)): path for path in found}
        return {
            name: path.read_bytes()
            for name, path in named.items()
            if not path.name.startswith(".") or path.name == ".gitignore"
        }

    @property
    def app(self) -> App:
        """The only app of the organization."""
        (app,) = self.simulator.organization.apps.values()
        return app

    @property
    def writes(self) -> int:
        """How many requests could have changed the organization."""
        return len(self.simulator.requests.writes)
