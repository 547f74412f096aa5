-- What is remembered between passes is kept for each target; there was one. A memo of the version before is of no use.
UPDATE facts SET key = 'last_apply/local' WHERE key = 'last_apply';

DELETE FROM cache WHERE key = 'compiled';
