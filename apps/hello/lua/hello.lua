-- SPDX-License-Identifier: Apache-2.0
-- The small app of docs/api/languages.md in Lua, with its standard library alone: bk-connect lua hello.lua
-- The connection to the system is standard input and output; what the app has to tell goes to standard error.

local null = {} -- JSON's, for a table of Lua holds no nil
local words = { ["true"] = true, ["false"] = false, ["null"] = null }
local escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }
local why_not = {
   ["org.varlink.service.PermissionDenied"] = "I may not know",
   ["org.varlink.service.MethodNotFound"] = "this system has no such thing",
   ["io.bulkhead.Location.NoSource"] = "nobody knows",
}

local function say(...) io.stderr:write(table.concat({ ... }, " "), "\n") end

local function fail(...)
   say(...)
   os.exit(false)
end

-- A text, and where it ends; `at` is behind its first quote. A character written as two \u escapes becomes two.
local function decode_text(json, at)
   local parts = {}
   while true do
      local stop = assert(json:find('["\\]', at), "a text without an end")
      parts[#parts + 1] = json:sub(at, stop - 1)
      if json:sub(stop, stop) == '"' then return table.concat(parts), stop + 1 end
      local letter, code = json:match("^(.)", stop + 1), json:match("^u(%x%x%x%x)", stop + 1)
      parts[#parts + 1] = code and utf8.char(tonumber(code, 16)) or escapes[letter] or letter
      at = stop + (code and 6 or 2)
   end
end

-- Any value of JSON, and where it ends.
local function decode(json, from)
   local at, first = json:match("^%s*()(.)", from)
   if first == '"' then return decode_text(json, at + 1) end
   if first ~= "{" and first ~= "[" then
      local word, stop = json:match("^([%w.+-]+)()", at)
      return words[word] == nil and assert(tonumber(word), "no JSON") or words[word], stop
   end
   local value, key = {}, nil
   at = json:match("^%s*()", at + 1)
   while not json:find("^[]}]", at) do
      key = #value + 1
      if first == "{" then
         key, at = decode_text(json, at + 1)
         at = assert(json:match("^%s*:()", at), "no JSON")
      end
      value[key], at = decode(json, at)
      at = json:match("^%s*,?%s*()", at)
   end
   return value, at + 1
end

local function receive()
   local bytes = {}
   for byte in function() return io.read(1) end do -- buffered: what comes behind the message is kept
      if byte == "\0" then return (decode(table.concat(bytes), 1)) end
      bytes[#bytes + 1] = byte
   end
   fail("lost the system")
end

local function try(message)
   if not io.write(message, "\0") or not io.flush() then fail("lost the system") end
   return receive()
end

-- What is not refused. Parameters are JSON as it stands: none of ours comes from outside.
local function call(method, parameters)
   local reply = try(('{"method":"%s","parameters":%s}'):format(method, parameters or "{}"))
   if reply.error then fail("the system refused:", reply.error) end
   return reply.parameters
end

local info = call("org.varlink.service.GetInfo")
say(info.product, info.version)
for _, name in ipairs(info.interfaces) do say(" ", name) end
local answer = call("org.varlink.service.GetInterfaceDescription", '{"interface":"io.bulkhead.Notification"}')
local methods = {}
for name in answer.description:gmatch("\nmethod (%w+)") do methods[#methods + 1] = name end
say("methods:", table.concat(methods, " "))

local body, button = "Shall I ask again?", nil
local post = [[{"title":"Hello from Lua","body":"%s","buttons":[{"id":"again","label":"Again"},{"id":"done","label":"Done"}]}]]
repeat
   say("posted", call("io.bulkhead.Notification.Post", post:format(body)).id)
   button = call("io.bulkhead.Notification.Watch").button
   say("pressed", button == null and "nothing" or button)
   body = [[You pressed \"Again\".]]
until button ~= "again"

local reply = try('{"method":"io.bulkhead.Location.Watch","parameters":{"accuracy":"coarse"}}')
if reply.error then
   say("location:", why_not[reply.error] or reply.error)
else
   say(("location: %.2f %.2f"):format(reply.parameters.latitude, reply.parameters.longitude))
end
