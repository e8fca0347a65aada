-- wrk: one order a request, each under a key of its own, all of the same SKU.
local threads = 0
function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

local sent, run = 0, ""
function init()
  math.randomseed(os.time() + number)
  run = math.random(1, 1000000000) .. "-" .. number .. "-"
end

function request()
  sent = sent + 1
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = run .. sent }
  local order = '{"channel":"web","payment":"not_required","lines":[{"sku":"HOT","quantity":1}]}'
  return wrk.format("POST", "/v1/orders", headers, order)
end
