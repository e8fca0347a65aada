-- wrk: a hundred orders a request, each under a key of its own, all of the same SKU.
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
  local orders = {}
  for index = 1, 100 do
    sent = sent + 1
    orders[index] = '{"key":"' .. run .. sent .. '","command":"CreateOrder","channel":"web",'
      .. '"payment":"not_required","lines":[{"sku":"HOT","quantity":1}]}'
  end
  local headers = { ["Content-Type"] = "application/x-ndjson" }
  return wrk.format("POST", "/v1/commands", headers, table.concat(orders, "\n"))
end
