// The token of this tab, in memory alone: a reload forgets it.

let token = "";

export function authorization() {
  return token ? { Authorization: `Bearer ${token}` } : {};
}
authorization.isGiven = () => token !== "";

export function keep(given) {
  token = given;
}
