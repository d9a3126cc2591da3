-- The precondition under which a resumable upload becomes its file; uploads that were begun earlier have none.

ALTER TABLE uploads ADD COLUMN precondition jsonb DEFAULT '{}';
