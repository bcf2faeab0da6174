-- One question after the other, each in a new conversation; an answer that is not 200 is an error.
local accept = "application/json"
local errors = 0

function init(args)
  accept = args[1] or accept
  wrk.method = "POST"
  wrk.body = '{"message":"How many orders has customer 7?"}'
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = accept
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %.1f %.3f %.3f %d\n", summary.requests, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
