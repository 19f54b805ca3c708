// Applies the chosen theme before the first paint; src/theme.rs stores it.
try {
  const theme = localStorage.getItem("rollcall.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (localStorage.getItem("rollcall.navigation") === "narrow") document.documentElement.dataset.navigation = "narrow";
} catch {
  // Storage may be forbidden: the system's theme applies.
}
