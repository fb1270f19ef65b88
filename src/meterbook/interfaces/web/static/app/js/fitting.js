// A scan on the form of a meter change is the new meter's number, wherever the cursor stands.

const number = document.querySelector("input[name=new_serial_no]");

if (number) {
  addEventListener("scan", (event) => {
    event.preventDefault();
    number.value = event.detail.code;
    number.focus();
  });
}
