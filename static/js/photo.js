// A photo too large to be sent is drawn smaller here; without script it is refused in words.
const MOST_BYTES = 4 * 1024 * 1024;
const LONGEST = 1600;

async function smaller(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
}

for (const input of document.querySelectorAll("input[type=file][accept*=image]")) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file || file.size <= MOST_BYTES) return;
    try {
      const blob = await smaller(file);
      const given = new DataTransfer();
      given.items.add(new File([blob], "photo.jpg", { type: "image/jpeg" }));
      input.files = given.files;
    } catch {
      // Left as it is: the server says what is wrong with it.
    }
  });
}
