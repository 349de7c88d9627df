-- Each job that ends gets an entry in three indexes. In that of kinds, its place is found by numbers faster than by three texts;
-- what is read by it is compared with the texts, since two may have one number. Few entries of it are alike, and none of that of
-- versions, so there is nothing to be gained from looking for such.
DROP INDEX job_queue_kind;
CREATE INDEX job_queue_kind ON job_queue (hashtext(job_type), hashtext(status), hashtext(queue), id) WITH (deduplicate_items = off);
ALTER INDEX job_queue_version SET (deduplicate_items = off);
-- The entry of the ended row lies beside that of the row that was put in: pages that are full by then are split.
ALTER INDEX job_queue_pkey SET (fillfactor = 50);
