-- One question after the other, each in a new conversation; an answer that is not 200 is an error.
-- With a file of tokens those people ask one after the other.
local accept = "application/json"
local requests = {}
local next = 0

function init(args)
  accept = args[1] or accept
  wrk.method = "POST"
  wrk.body = '{"message":"How many orders has customer 7?"}'
  wrk.headers["Content-Type"] = "application/json"
  wrk.headers["Accept"] = accept
  if args[2] then
    for token in io.lines(args[2]) do
      wrk.headers["Authorization"] = "Bearer " .. token
      table.insert(requests, wrk.format())
    end
  else
    requests[1] = wrk.format()
  end
end

function request()
  next = next % #requests + 1
  return requests[next]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %d %.1f %.3f %.3f %d\n", summary.requests, summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, e.connect + e.read + e.write + e.status + e.timeout))
end
