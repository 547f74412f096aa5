-- Roles, apps and groups: resources that have no members and are about no person.
CREATE TABLE plain_resources (
    address TEXT PRIMARY KEY,       -- KIND/NAME
    org TEXT NOT NULL,              -- by which it is ours; empty for a foreign one
    fingerprint BLOB NOT NULL
) STRICT, WITHOUT ROWID;

ALTER TABLE owned_counts ADD COLUMN app_groups INTEGER NOT NULL DEFAULT 0;

-- Which groups convey which apps: an app's facts say it, and a group is looked at with its apps.
CREATE TABLE upstream_links (
    app INTEGER NOT NULL,
    conveyed_by INTEGER NOT NULL,
    PRIMARY KEY (app, conveyed_by)
) STRICT, WITHOUT ROWID;

INSERT INTO upstream_ids (okta_id)
SELECT DISTINCT g.value
FROM upstream_lists AS l, json_each(CAST(l.body AS TEXT), '$.groups') AS g
WHERE l.kind = 'app'
ON CONFLICT (okta_id) DO NOTHING;

INSERT INTO upstream_links (app, conveyed_by)
SELECT DISTINCT l.number, i.number
FROM upstream_lists AS l, json_each(CAST(l.body AS TEXT), '$.groups') AS g
JOIN upstream_ids AS i ON i.okta_id = g.value
WHERE l.kind = 'app';

CREATE INDEX upstream_links_by_group ON upstream_links (conveyed_by);
