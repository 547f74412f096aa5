"""Who and what stands behind a command in a CI system, as the journal keeps it: person, repository, commit, run.

GitHub: https://docs.github.com/actions/reference/workflows-and-actions/variables
GitLab: https://docs.gitlab.com/ci/variables/predefined_variables
"""

from collections.abc import Mapping

_LONGEST = 200


def circumstances(environment: Mapping[str, str]) -> dict[str, str]:
    """What the environment of a CI job says; nothing elsewhere. Nothing in it is trusted, and none of it decides."""
    said = environment.get
    if said("GITHUB_ACTIONS") == "true":
        address = f"{said('GITHUB_SERVER_URL', 'https://github.com')}/{said('GITHUB_REPOSITORY', '')}/actions/runs/"
        found = {
            "person": said("GITHUB_TRIGGERING_ACTOR") or said("GITHUB_ACTOR"),
            "repository": said("GITHUB_REPOSITORY"),
            "commit": said("GITHUB_SHA"),
            "run": f"{address}{said('GITHUB_RUN_ID')}" if said("GITHUB_RUN_ID") else None,
        }
    elif said("GITLAB_CI") == "true":
        found = {
            "person": said("GITLAB_USER_LOGIN"),
            "repository": said("CI_PROJECT_PATH"),
            "commit": said("CI_COMMIT_SHA"),
            "run": said("CI_JOB_URL") or said("CI_PIPELINE_URL"),
        }
    else:
        found = {
            "person": said("CI_COMMIT_AUTHOR"),
            "repository": said("CI_REPO"),
            "commit": said("CI_COMMIT_SHA"),
            "run": said("CI_JOB_URL") or said("CI_PIPELINE_URL"),
        }
    return {name: _as_text(value)[:_LONGEST] for name, value in found.items() if value}


def _as_text(value: str) -> str:
    """An environment may hold bytes that are not text."""
    return value.encode("utf-8", "replace").decode()
