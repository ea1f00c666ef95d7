-- SPDX-License-Identifier: Apache-2.0
-- A sunflower that grows when its notification's button is pressed. All that runs in this machine is Lua and this.
local night, leaf, petal, ink, gray = 0x12201a, 0x2f6b45, 0xf2b134, 0xf4f6fb, 0xa9bcae
local calls, answers = 1, 2 -- connections: one waits for the person's answers
local seeds, presses = 120, 0
local system, said = "Looking for the system ...", ""

local function quoted(text)
  return '"' .. text:gsub('[%c"\\]', function(letter) return string.format("\\u%04x", letter:byte()) end) .. '"'
end

-- JSON, as far as a reply has it: a value, and the place behind it.
local value
local function members(text, at, close, read)
  local made = {}
  at = text:match("^%s*()", at + 1)
  while text:sub(at, at) ~= close do
    at = text:match("^%s*,?%s*()", read(made, at))
  end
  return made, at + 1
end
function value(text, at)
  local first = text:sub(at, at)
  if first == "{" then
    return members(text, at, "}", function(made, place)
      local key, after = value(text, place)
      made[key], after = value(text, text:match("^%s*:%s*()", after))
      return after
    end)
  elseif first == "[" then
    return members(text, at, "]", function(made, place)
      local item, after = value(text, place)
      made[#made + 1] = item
      return after
    end)
  elseif first == '"' then
    local close = at + 1
    while text:sub(close, close) ~= '"' do
      assert(close <= #text, "a string without an end")
      close = close + (text:sub(close, close) == "\\" and 2 or 1)
    end
    local escapes = {n = "\n", t = "\t", r = "\r", b = "\b", f = "\f"}
    return text:sub(at + 1, close - 1):gsub("\\(.)(%x?%x?%x?%x?)", function(letter, code)
      return letter == "u" and utf8.char(tonumber(code, 16)) or (escapes[letter] or letter) .. code
    end), close + 1
  end
  local word, after = text:match("^([%w%.%-%+]+)()", at)
  local words = {["true"] = true, ["false"] = false}
  if words[word] ~= nil then return words[word], after end
  return tonumber(word), assert(after, "no JSON")
end

local function draw()
  local width, height = bulkhead.size()
  bulkhead.box(0, 0, width, height, night)
  for seed = 1, seeds do -- each turns by the golden angle
    local angle, far = seed * 2.39996, 9 * math.sqrt(seed)
    local size = 4 + seed // 60
    bulkhead.box(math.floor(width * 0.68 + far * math.cos(angle)), math.floor(height / 2 + far * math.sin(angle)), size, size,
      seed % 3 == 0 and leaf or petal)
  end
  bulkhead.text(28, 28, "large", petal, "Lua alone")
  for line, text in ipairs {system, said, "Seeds: " .. seeds, _VERSION .. ", " .. math.floor(collectgarbage("count")) .. " KiB"} do
    bulkhead.text(28, 60 + 26 * line, "small", line == 1 and ink or gray, text)
  end
  bulkhead.show()
end

local function post(body)
  bulkhead.send(calls, '{"method":"io.bulkhead.Notification.Post","parameters":{"title":"From Lua","body":' .. quoted(body) ..
    ',"buttons":[{"id":"grow","label":"Grow"}]}}')
end

local function begin()
  bulkhead.connect(calls)
  bulkhead.connect(answers)
  bulkhead.timer(500) -- then it is asked, or tried once more
end

local function hear(connection, message)
  local reply = value(message, 1)
  local found = reply.parameters or {}
  if reply.error then
    said = "Refused: " .. reply.error
  elseif found.product then
    system = found.product .. " " .. found.version
    post("A sunflower with " .. seeds .. " seeds.")
  elseif found.button == "grow" then
    presses, seeds = presses + 1, seeds + 60
    said = "It grew, times: " .. presses
    post("Now with " .. seeds .. " seeds.")
  elseif connection == calls then
    said = "Posted notification " .. math.tointeger(found.id)
  end
end

begin()
draw()
while true do
  local what, one, other = bulkhead.wait()
  if what == "stop" then
    break
  elseif what == "timer" and not (bulkhead.open(calls) and bulkhead.open(answers)) then
    begin()
  elseif what == "timer" then
    bulkhead.send(answers, '{"method":"io.bulkhead.Notification.Watch","more":true}')
    bulkhead.send(calls, '{"method":"org.varlink.service.GetInfo"}')
  elseif what == "closed" then
    system = "Looking for the system ..."
    bulkhead.timer(500)
  elseif what == "message" then
    hear(one, other)
  elseif what == "key" then
    seeds = seeds + 1
  end
  if what ~= "move" then draw() end
end
print("stopped, with " .. seeds .. " seeds")
