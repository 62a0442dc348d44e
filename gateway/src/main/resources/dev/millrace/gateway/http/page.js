"use strict";

// Shows what the query API answers, and asks again two seconds after each answer.
const INTERVAL_MS = 2000;
const LIMIT = 200;

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
  return row(
    cell(time(anomaly.openedAt)),
    cell(anomaly.sensorId),
    cell(anomaly.metric),
    cell(anomaly.rule),
    cell(anomaly.severity, anomaly.severity),
    cell(number(anomaly.value), "number"),
  );
}

async function get(path) {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return response.json();
}

async function refresh() {
  const status = byId("status");
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
    status.textContent = `Not up to date: ${error.message}`;
    status.className = "stale";
  } finally {
    setTimeout(refresh, INTERVAL_MS);
  }
}

refresh();
