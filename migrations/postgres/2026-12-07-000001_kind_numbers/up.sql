-- Each job that ends gets an entry here, whose place among the others is found by numbers faster than by three texts. What is read
-- by it is compared with the texts, since two may have one number.
DROP INDEX job_queue_kind;
CREATE INDEX job_queue_kind ON job_queue (hashtext(job_type), hashtext(status), hashtext(queue), id);
