/** Work on a list by two workers: the machines that test this have few cores, and most steps use one. */
export const twoAtATime = async (items, work) => {
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item)
  }
  await Promise.all([worker(), worker()])
}
