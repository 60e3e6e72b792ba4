-- Sends the requests of a file of tokens, one a line, in turn. Arguments: the
-- file, and "again" to begin anew at its end or "once" to stop there. Prints
-- one line of figures for the program that started it.
local ffi = require("ffi")
ffi.cdef("int getpid(void); int kill(int pid, int signal);")

local threads = {}

function setup(thread)
	thread:set("number", #threads)
	table.insert(threads, thread)
	for _, t in ipairs(threads) do
		t:set("count", #threads)
	end
end

function init(args)
	-- wrk asks the first thread for a request that it does not send.
	requests, at, once = {}, number == 0 and -1 or 0, args[2] == "once"
	local line = 0
	for token in io.lines(args[1]) do
		if line % count == number then
			requests[#requests + 1] = "GET /orders HTTP/1.1\r\nHost: " .. wrk.headers["Host"] ..
				"\r\nAuthorization: Bearer " .. token .. "\r\n\r\n"
		end
		line = line + 1
	end
end

function request()
	at = at + 1
	if at > #requests then
		if once then
			-- Ends the run at once, and with it the time that wrk measures.
			wrk.thread:stop()
			ffi.C.kill(ffi.C.getpid(), 2)
		end
		at = 1
	end
	return requests[math.max(at, 1)]
end

function done(summary, latency, _)
	local e = summary.errors
	io.write(string.format("figures requests=%d us=%d p50_us=%d p99_us=%d refused=%d failed=%d\n",
		summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
		e.status, e.connect + e.read + e.write + e.timeout))
end
