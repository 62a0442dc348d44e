"use strict";

// Shows what the query API answers, and asks again two seconds after each answer.
const INTERVAL_MS = 2000;
const LIMIT = 200;

// Where a gateway asks for a key: the session's storage ends with the tab, and no other site can read it.
const KEY = "millrace.key";

const byId = (id) => document.getElementById(id);

function cell(text, className) {
  const td = document.createElement("td");
  td.textContent = text;
  if (className) td.className = className;
  return td;
}

function row(...cells) {
  const tr = document.createElement("tr");
  tr.append(...cells);
  return tr;
}

function time(text) {
  return new Date(text).toLocaleString();
}

function number(value) {
  return typeof value === "number" ? value.toLocaleString(undefined, { maximumFractionDigits: 3 }) : value;
}

function fill(name, rows) {
  byId(name).querySelector("tbody").replaceChildren(...rows);
  byId(name).hidden = rows.length === 0;
  byId(`${name}-empty`).hidden = rows.length > 0;
}

function sensorRow(sensor) {
  const values = document.createElement("td");
  for (const [name, { value }] of Object.entries(sensor.values)) {
    const span = document.createElement("span");
    span.className = "value";
    span.textContent = `${name} ${number(value)}`;
    values.append(span);
  }
  return row(cell(sensor.sensorId), values, cell(time(sensor.timestamp)));
}

function anomalyRow(anomaly) {
  const rule = cell(anomaly.rule);
  if (anomaly.message) rule.title = anomaly.message;
  return row(
    cell(time(anomaly.openedAt)),
    cell(anomaly.sensorId),
    cell(anomaly.metric),
    rule,
    cell(anomaly.condition),
    cell(anomaly.severity, anomaly.severity),
    cell(number(anomaly.value), "number"),
    anomaly.ackedBy ? cell(anomaly.ackedBy) : acknowledgeCell(anomaly.id),
  );
}

function acknowledgeCell(id) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Acknowledge";
  button.addEventListener("click", () => acknowledge(id, button));
  const td = document.createElement("td");
  td.append(button);
  return td;
}

// The next refresh shows who has it; what went wrong stands on the button until then.
async function acknowledge(id, button) {
  button.disabled = true;
  try {
    const headers = {};
    const key = sessionStorage.getItem(KEY);
    if (key) headers.authorization = `Bearer ${key}`;
    const response = await fetch(`anomalies/${id}/ack`, { method: "POST", headers });
    if (response.ok) {
      button.parentElement.textContent = (await response.json()).ackedBy;
    } else {
      button.textContent = response.status === 403 ? "Needs an operator's key" : `Failed: ${response.status}`;
    }
  } catch {
    button.textContent = "Failed: no answer";
  }
}

class AccessNeeded extends Error {}

async function get(path) {
  const headers = { accept: "application/json" };
  const key = sessionStorage.getItem(KEY);
  if (key) headers.authorization = `Bearer ${key}`;
  const response = await fetch(path, { headers });
  if (response.status === 401) throw new AccessNeeded(key ? "The key is not known." : "A key is needed.");
  if (response.status === 403) throw new AccessNeeded("The key may not read.");
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

// Asks for a key; until one is given nothing is asked of the gateway, and what it showed is taken away.
function askForKey(reason) {
  sessionStorage.removeItem(KEY);
  for (const name of ["anomalies", "sensors"]) {
    byId(name).querySelector("tbody").replaceChildren();
    byId(name).hidden = true;
    byId(`${name}-empty`).hidden = true;
  }
  byId("sensors-more").hidden = true;
  byId("status").textContent = "Locked";
  byId("status").className = "";
  byId("access").hidden = false;
  byId("access-reason").textContent = reason;
  byId("key").focus();
}

function useKey(event) {
  event.preventDefault();
  const field = byId("key");
  // what no header can carry would fail in fetch, as if the gateway were away
  const key = field.value.trim();
  field.value = "";
  if (!/^[A-Za-z0-9._~+\/-]+=*$/.test(key)) {
    byId("access-reason").textContent = "This is no key.";
    return;
  }
  sessionStorage.setItem(KEY, key);
  byId("access").hidden = true;
  byId("status").textContent = "Loading…";
  refresh();
}

async function refresh() {
  const status = byId("status");
  let again = true;
  try {
    const [sensors, anomalies] = await Promise.all([
      get(`sensors?limit=${LIMIT}`),
      get("anomalies?state=open&limit=50"),
    ]);
    fill("sensors", sensors.sensors.map(sensorRow));
    fill("anomalies", anomalies.anomalies.map(anomalyRow));
    byId("sensors-more").hidden = !sensors.next;
    status.textContent = `As of ${new Date().toLocaleTimeString()}`;
    status.className = "";
  } catch (error) {
    if (error instanceof AccessNeeded) {
      again = false;
      askForKey(error.message);
      return;
    }
    status.textContent = `Not up to date: ${error.message}`;
    status.className = "stale";
  } finally {
    if (again) setTimeout(refresh, INTERVAL_MS);
  }
}

byId("access").addEventListener("submit", useKey);
refresh();
