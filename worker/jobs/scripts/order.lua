-- The lines, their tags, and the claims that sleep; see lines.py and policy.py.

-- `waiter` is client|number|worker|effects, the effects parted by blanks.
local function each_idle(command, waiter)
  for effect in string.gmatch(last_of(waiter), '%S+') do
    if command == 'ZADD' then
      redis.call('ZADD', IDLE, '0', effect .. '|' .. waiter)
    else
      redis.call('ZREM', IDLE, effect .. '|' .. waiter)
    end
  end
end

local function pool_of(worker)
  local info = redis.call('HGET', WORKERS, worker)
  return info and cjson.decode(info).pool or 'cpu'
end

-- The sleeping claim, of the first 64, whose pool is known as the fastest for `effect`.
local function fastest(effect)
  local found = redis.call(
    'ZRANGEBYLEX', IDLE, '[' .. effect .. '|', '(' .. effect .. '}', 'LIMIT', '0', '64')
  if #found < 2 then return found[1] end
  local best, best_pace
  for _, member in ipairs(found) do
    local pool = pool_of(string.match(member, '^[^|]*|[^|]*|[^|]*|([^|]*)|'))
    local pace = tonumber(redis.call('HGET', SPEEDS, 'pace|' .. pool .. '|' .. effect) or 1000000)
    if not best or pace < best_pace then best, best_pace = member, pace end
  end
  return best
end

-- Wake one sleeping claim that can run `effect`, so that the fastest idle worker takes it; those
-- whose client has gone are dropped.
local function wake(effect)
  while true do
    local member = fastest(effect)
    if not member then return end
    local waiter = string.sub(member, #effect + 2)
    local client, number = string.match(waiter, '^([^|]*)|([^|]*)|')
    each_idle('ZREM', waiter)
    if redis.call('PUBLISH', IDLE .. ':' .. client, number) > 0 then return end
  end
end

local function in_line(job, record)
  return table.concat(
    {line(record), padded(record.seq), job, record.effect, record.kind or '', record.cost}, '|')
end

local function in_ready(job, record)
  return table.concat(
    {record.tier, record.effect, padded(record.tag), padded(record.seq), job, record.kind or '',
     line(record), record.cost}, '|')
end

local function in_leases(job, record)
  return table.concat({job, record.worker, record.started, record.cost, record.effect, line(record)}, '|')
end

local function virtual(tier)
  return tonumber(redis.call('HGET', CLASSES, 'v|' .. tier) or 0)
end

local function load_user(line)
  local share = redis.call('HGET', USERS, line)
  if share then return cjson.decode(share) end
  local user = string.match(line, '%S+$')
  local terms = terms_of(user)
  return {
    tier = user == line and (terms.tier or 'free') or 'later', terms = next(terms) and terms,
    finish = '0', waiting = 0, running = 0, tagged = {},
  }
end

local function in_spent(line, share)
  return table.concat({share.tier, padded(share.finish), line}, '|')
end

local function save_user(line, share)
  if share.waiting + share.running == 0 then
    -- a finish tag that V has passed says no more than V
    if tonumber(share.finish) <= virtual(share.tier) then
      redis.call('HDEL', USERS, line)
      redis.call('ZREM', SPENT, in_spent(line, share))
      return
    end
    redis.call('ZADD', SPENT, '0', in_spent(line, share))
  end
  redis.call('HSET', USERS, line, cjson.encode(share))
end

-- A tier that may have been idle gets `jobs`; so `share`, if its line was idle. See policy.py.
local function rouse(tier, line, share, jobs)
  if share.waiting + share.running == 0 and share.finish ~= '0' then
    redis.call('ZREM', SPENT, in_spent(line, share))
  end
  if redis.call('HINCRBY', CLASSES, 'n|' .. tier, int(jobs)) > jobs then return end
  local last = redis.call('ZREVRANGEBYLEX', SPENT, '(' .. tier .. '}', '[' .. tier .. '|', 'LIMIT', '0', '1')[1]
  local tag = math.max(last and tonumber(string.match(last, '^[^|]*|(%d+)|')) or 0, tonumber(share.finish))
  if tag > virtual(tier) then redis.call('HSET', CLASSES, 'v|' .. tier, int(tag)) end
end

-- Of a member of READY that of KINDS, if its job has a kind.
local function of_kind(member)
  if string.find(member, '||', 1, true) then return end
  local group, tag, kind = string.match(member, '^([^|]*|[^|]*|)([^|]*|[^|]*|[^|]*)|([^|]*)|')
  return group .. kind .. '|' .. tag
end

local function stand(share, member)
  redis.call('ZADD', share.held and HELD or READY, '0', member)
  if share.held then return end
  local other = of_kind(member)
  if other then redis.call('ZADD', KINDS, '0', other) end
  wake(string.match(member, '^[^|]*|([^|]*)|'))
end

local function withdraw(share, member)
  redis.call('ZREM', share.held and HELD or READY, member)
  local other = not share.held and of_kind(member)
  if other then redis.call('ZREM', KINDS, other) end
end

-- Give the first of its line its tag.
local function give_tag(job, record, share, now)
  local tag = math.max(virtual(share.tier), tonumber(share.finish))
  local terms = share.terms
  record.charge = terms and terms.ends and now < tonumber(terms.ends)
    and int(math.max(1, math.floor(record.cost / terms.factor))) or nil
  share.finish = int(tag + (record.charge or record.cost))
  record.tag, record.tier = int(tag), share.tier
  share.tagged[1] = in_ready(job, record)
  stand(share, share.tagged[1])
  save(job, record)
end

local function may_run(share)
  local terms = share.terms or {}
  local tier = share.tier == 'later' and (terms.tier or 'free') or share.tier
  return not terms.banned and share.running < tonumber(redis.call('HGET', RULES, 'running|' .. tier))
end

-- Hold the heads of the banned and at the running limit; else let them stand, and be one at least. Who has none
-- tagged and some waiting has a line.
local function arrange(line, share, now)
  if share.waiting == 0 then
    share.held = nil
    return
  end
  local hold = not may_run(share)
  if hold ~= (share.held or false) then
    for _, member in ipairs(share.tagged) do withdraw(share, member) end
    share.held = hold or nil
    for _, member in ipairs(share.tagged) do stand(share, member) end
  end
  if hold or #share.tagged > 0 then return end
  local member = first(LINES, line)
  redis.call('ZREM', LINES, member)
  local job = string.match(member, '^[^|]*|[^|]*|([^|]*)|')
  give_tag(job, load(job), share, now)
end

-- Of a line that is known, what admins have set has changed.
local function note_terms(line, terms, now)
  if redis.call('HEXISTS', USERS, line) == 0 then return end
  local share = load_user(line)
  share.terms = next(terms) and terms or nil
  arrange(line, share, now)
  save_user(line, share)
end

local function untag(share, member)
  for i, other in ipairs(share.tagged) do
    if other == member then return table.remove(share.tagged, i) end
  end
end

-- When nothing waits or runs, time begins anew.
local function begin_anew()
  if redis.call('EXISTS', READY, LEASES, HELD, LINES) == 0 then redis.call('DEL', USERS, SPENT, CLASSES) end
end

-- A waiting job joins its line. Say `save_user` after it.
local function join(job, record, share, now)
  rouse(share.tier, line(record), share, 1)
  share.waiting = share.waiting + 1
  if #share.tagged == 0 and may_run(share) then
    give_tag(job, record, share, now)
  else
    redis.call('ZADD', LINES, '0', in_line(job, record))
    save(job, record)
  end
end

-- A waiting job leaves its line for good.
local function leave(job, record, now)
  local name = line(record)
  local share = load_user(name)
  if record.tag then
    local member = in_ready(job, record)
    withdraw(share, member)
    untag(share, member)
    share.finish = int(share.finish - (record.charge or record.cost)) -- a head's is returned to its user
  else
    redis.call('ZREM', LINES, in_line(job, record))
  end
  share.waiting = share.waiting - 1
  redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, '-1')
  arrange(name, share, now)
  save_user(name, share)
end

-- A tag in the time of another tier.
local function carried(tag, from, to)
  if from == to then return tag end
  return int(math.max(0, tag - virtual(from) + virtual(to)))
end

-- The user, who has `terms`, belongs to another tier from now on; see Order.move.
local function move(user, terms, tier, now)
  note_terms(line_of(user, true), terms, now)
  if redis.call('HEXISTS', USERS, user) == 0 then return end
  local share = load_user(user)
  share.terms = terms
  if share.tier == tier then return end
  local jobs = share.waiting + share.running
  if jobs > 0 then
    rouse(tier, user, {tier = tier, finish = '0', waiting = share.waiting, running = share.running}, jobs)
    redis.call('HINCRBY', CLASSES, 'n|' .. share.tier, int(-jobs))
  else
    redis.call('ZREM', SPENT, in_spent(user, share))
  end
  for i, member in ipairs(share.tagged) do
    withdraw(share, member)
    local job = string.match(member, '^[^|]*|[^|]*|%d+|%d+|([^|]*)|')
    local record = load(job)
    record.tag, record.tier = carried(record.tag, record.tier, tier), tier
    save(job, record)
    share.tagged[i] = in_ready(job, record)
    stand(share, share.tagged[i])
  end
  local ahead = share.finish - virtual(share.tier)
  share.finish, share.tier = int(virtual(tier) + math.max(0, ahead)), tier
  arrange(user, share, now)
  save_user(user, share)
end
