-- Sends the requests that the directory in BENCH_REQUESTS describes, and prints what came of them as JSON.
--
-- head.txt: an HTTP request's head, in which @ stands for the path; paths.txt: a path a line, in which {} stands for a
-- number of its own, and behind tabs the fields that the head has with this path; body.bin: the body.

local function read(name)
  local file = assert(io.open(os.getenv("BENCH_REQUESTS") .. "/" .. name, "rb"))
  local text = file:read("*a")
  file:close()
  return text
end

local ready = {}   -- whole requests, where paths need no numbers
local before, after = {}, {}   -- the text on both sides of the number
local count, number = 0, 0

function init(args)
  local head, body = read("head.txt"), read("body.bin")
  local at = assert(head:find("@", 1, true))
  local first, rest = head:sub(1, at - 1), head:sub(at + 1)
  local version, common = rest:match("^([^\n]*\n)(.*)$")
  for line in read("paths.txt"):gmatch("[^\n]+") do
    count = count + 1
    local path, fields = line:match("^([^\t]*)(.*)$")
    rest = version .. fields:gsub("\t([^\t]*)", "%1\r\n") .. common
    local from, to = path:find("{}", 1, true)
    if from then
      before[count] = first .. path:sub(1, from - 1)
      after[count] = path:sub(to + 1) .. rest .. body
    else
      ready[count] = first .. path .. rest .. body
    end
  end
end

function request()
  number = number + 1
  local index = (number - 1) % count + 1
  return ready[index] or before[index] .. number .. after[index]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '\nBENCH {"requests": %d, "microseconds": %d, "status": %d, "other": %d, "latencies": {"50": %f, "75": %f, "90": %f, "99": %f}}\n',
    summary.requests, summary.duration, errors.status, errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(75), latency:percentile(90), latency:percentile(99)
  ))
end
