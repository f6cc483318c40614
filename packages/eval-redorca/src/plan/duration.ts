/** Durations in words. */

const minute = 60
const hour = 3600

/** `40 s`, `12 min`, `2 h 05 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / minute)
  return minutes < 90
    ? `${minutes} min`
    : `${Math.floor((minutes * minute) / hour)} h ${String(minutes % minute).padStart(2, '0')} min`
}
