-- Asks aws_jwt_authorize whether a request may pass (HAProxy 2.5 and later).
local gateway = "http://127.0.0.1:9180/"
local identity = "x%-aws%-token%-"

local function refuse(txn, status, headers)
	local reply = txn:reply()
	reply:set_status(status)
	for _, name in ipairs({ "www-authenticate", "retry-after" }) do
		for _, value in pairs(headers[name] or {}) do
			reply:add_header(name, value)
		end
	end
	txn:done(reply)
end

core.register_action("aws_jwt", { "http-req" }, function(txn)
	local ask = {
		["x-original-method"] = { txn.f:method() },
		["x-original-host"] = { txn.f:req_fhdr("host") },
		["x-original-uri"] = { txn.f:pathq() },
		["x-real-ip"] = { txn.f:src() },
	}
	local headers = txn.http:req_get_headers()
	ask["authorization"] = {}
	for _, value in pairs(headers["authorization"] or {}) do
		table.insert(ask["authorization"], value)
	end
	local answer = core.httpclient():get({ url = gateway, headers = ask, timeout = 5000 })
	if not answer or answer.status ~= 200 then
		local status = answer and answer.status or 503
		return refuse(txn, status >= 400 and status or 503, answer and answer.headers or {})
	end
	-- Whatever a client sends under these names, however it spells them.
	for name in pairs(headers) do
		if string.gsub(string.lower(name), "[^a-z0-9]", "-"):find("^" .. identity) then
			txn.http:req_del_header(name)
		end
	end
	txn.http:req_del_header("authorization")
	-- A proxy behind this one takes out what these list.
	txn.http:req_del_header("connection")
	txn.http:req_del_header("proxy-connection")
	for name, values in pairs(answer.headers) do
		if string.lower(name):find("^" .. identity) then
			for _, value in pairs(values) do
				txn.http:req_set_header(name, value)
			end
		end
	end
	txn:set_var("txn.aws_jwt_passed", true)
end)
