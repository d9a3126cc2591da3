-- Jobs, with their progress and their leases.

-- position: the name of the last file that was visited. attempts: claims in a row without a step. due_at: when a job that
-- has not ended may be claimed; a claim postpones it by its lease.
CREATE TABLE jobs (
    id uuid PRIMARY KEY,
    kind text NOT NULL,
    bucket text COLLATE "C" NOT NULL,
    prefix text COLLATE "C" NOT NULL,
    to_bucket text COLLATE "C",
    to_prefix text COLLATE "C",
    state text NOT NULL,
    position text COLLATE "C" NOT NULL,
    done bigint NOT NULL,
    failed bigint NOT NULL,
    problems jsonb NOT NULL,
    epoch integer NOT NULL,
    attempts integer NOT NULL,
    due_at timestamptz,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT jobs_kind_check CHECK (kind IN ('delete', 'move')),
    CONSTRAINT jobs_destination_check CHECK ((kind = 'move') = (to_prefix IS NOT NULL)),
    CONSTRAINT jobs_state_check CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
    CONSTRAINT jobs_due_check CHECK ((state IN ('queued', 'running')) = (due_at IS NOT NULL)),
    CONSTRAINT jobs_finished_check CHECK ((due_at IS NULL) = (finished_at IS NOT NULL))
);

CREATE INDEX jobs_due_index ON jobs (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX jobs_finished_at_index ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_created_at_index ON jobs (created_at, id);
