-- The audit: what was done, and what was denied, in a partition for each month in UTC.
--
-- Rows are only ever added. Privileges refuse the rest to every role, the owner included; triggers refuse it to
-- superusers and to those who take their privileges back, also while replication has other triggers switched off.

-- caller: kind and id, as `Caller.owner`. subject: the id of what is no file: a key, a link, a job, an upload. count: how
-- many equal denials, or lost ones, one row stands for.
CREATE TABLE audit (
    at timestamptz NOT NULL,
    id uuid NOT NULL,
    action text COLLATE "C" NOT NULL,
    outcome text COLLATE "C" NOT NULL,
    caller text COLLATE "C" NOT NULL,
    address text COLLATE "C",
    request_id text COLLATE "C",
    bucket text COLLATE "C",
    file_id uuid,
    name text COLLATE "C",
    subject text COLLATE "C",
    count integer NOT NULL DEFAULT 1,
    CONSTRAINT audit_outcome_check CHECK (outcome IN ('done', 'denied')),
    CONSTRAINT audit_count_check CHECK (count > 0)
) PARTITION BY RANGE (at);

-- For listings, the newest first: one for each filter that may leave few of many.
CREATE INDEX audit_at_index ON audit (at, id);
CREATE INDEX audit_bucket_index ON audit (bucket, at, id);
CREATE INDEX audit_file_index ON audit (file_id, at, id);
CREATE INDEX audit_caller_index ON audit (caller, at, id);
CREATE INDEX audit_action_index ON audit (action, at, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append-only' USING ERRCODE = 'insufficient_privilege';
END
$$;

-- Partitions get a copy of a trigger for rows; those for statements they need themselves.
CREATE TRIGGER audit_rows_stay BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_rows_stay;
ALTER TABLE audit ENABLE ALWAYS TRIGGER audit_stays;
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM PUBLIC, CURRENT_USER;

-- Makes the missing partitions from the month before `now` to `ahead` months after it, and returns how many it made.
-- Attaching a table that is made before it needs no lock that writers wait for. With the rights of its owner, so that
-- a role that may not make tables can call it.
CREATE FUNCTION make_audit_partitions(now timestamptz, ahead integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT SET timezone = 'UTC' AS $$
DECLARE
    first timestamptz := date_trunc('month', now) - interval '1 month';
    month timestamptz;
    partition text;
    made integer := 0;
BEGIN
    IF ahead NOT BETWEEN 0 AND 120 THEN
        RAISE EXCEPTION 'ahead is a number of months from 0 to 120';
    END IF;
    FOR month IN SELECT generate_series(first, first + (ahead + 1) * interval '1 month', interval '1 month') LOOP
        partition := 'audit_' || to_char(month, 'YYYY_MM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        -- Others may be making it: look again under the lock, which ends with the transaction.
        PERFORM pg_advisory_xact_lock(hashtext('fileport.audit_partitions'));
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        EXECUTE format('CREATE TABLE %I (LIKE audit INCLUDING ALL)', partition);
        EXECUTE format(
            'CREATE TRIGGER audit_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON %I '
            'FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()', partition
        );
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER audit_stays', partition);
        EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %I FROM PUBLIC, CURRENT_USER', partition);
        EXECUTE format(
            'ALTER TABLE audit ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            partition, month, month + interval '1 month'
        );
        EXECUTE format('ALTER TABLE %I ENABLE ALWAYS TRIGGER audit_rows_stay', partition);
        made := made + 1;
    END LOOP;
    RETURN made;
END
$$;

SELECT make_audit_partitions(statement_timestamp(), 3);
