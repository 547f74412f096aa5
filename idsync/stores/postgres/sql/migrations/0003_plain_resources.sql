-- Roles, apps and groups: resources that have no members and are about no person.
CREATE TABLE idsync.plain_resources (
    address text COLLATE "C" PRIMARY KEY,       -- KIND/NAME
    org text COLLATE "C" NOT NULL,              -- by which it is ours; empty for a foreign one
    fingerprint bytea NOT NULL
);

ALTER TABLE idsync.owned_counts ADD COLUMN app_groups bigint NOT NULL DEFAULT 0;

-- Which groups convey which apps: an app's facts say it, and a group is looked at with its apps.
CREATE TABLE idsync.upstream_links (
    app bigint NOT NULL,
    conveyed_by bigint NOT NULL,
    PRIMARY KEY (app, conveyed_by)
);

INSERT INTO idsync.upstream_ids (okta_id)
SELECT DISTINCT g.value
FROM idsync.upstream_lists AS l,
    jsonb_array_elements_text(convert_from(l.body, 'UTF8')::jsonb -> 'groups') AS g (value)
WHERE l.kind = 'app'
ON CONFLICT (okta_id) DO NOTHING;

INSERT INTO idsync.upstream_links (app, conveyed_by)
SELECT DISTINCT l.number, i.number
FROM idsync.upstream_lists AS l,
    jsonb_array_elements_text(convert_from(l.body, 'UTF8')::jsonb -> 'groups') AS g (value)
JOIN idsync.upstream_ids AS i ON i.okta_id = g.value
WHERE l.kind = 'app';

CREATE INDEX upstream_links_by_group ON idsync.upstream_links (conveyed_by);
