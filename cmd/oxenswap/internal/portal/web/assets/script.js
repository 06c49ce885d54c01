// What the pages cannot do without a script: copy buttons, the reader's time, and browser wallets. Everything else works
// without it.
"use strict";

const spoken = document.getElementById("spoken");
const say = (words) => { spoken.textContent = words; };

for (const button of document.querySelectorAll("[data-copy]")) {
	button.hidden = false;
	button.addEventListener("click", async () => {
		const source = document.getElementById(button.dataset.copy);
		try {
			await navigator.clipboard.writeText(source.textContent);
		} catch {
			// Pages that are not served securely may not write to the clipboard: the text is selected for the reader instead.
			getSelection().selectAllChildren(source);
			return;
		}
		const words = button.textContent;
		button.textContent = document.body.dataset.copied;
		say(document.body.dataset.copied);
		setTimeout(() => { button.textContent = words; }, 2000);
	});
}

for (const time of document.querySelectorAll("time")) {
	const at = new Date(time.dateTime);
	if (!time.dateTime.includes("T") || at.getTimezoneOffset() === 0) continue;
	const local = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" }).format(at);
	time.after(` (${document.body.dataset.yourTime} ${local})`);
}

// Wallets announce themselves (EIP-6963). One that does not may still be window.ethereum (EIP-1193).
const wallets = new Map();
addEventListener("eip6963:announceProvider", ({ detail }) => {
	if (wallets.has(detail.info.uuid)) return;
	wallets.set(detail.info.uuid, { name: detail.info.name, provider: detail.provider });
	offer();
});
dispatchEvent(new Event("eip6963:requestProvider"));
addEventListener("load", () => {
	if (wallets.size === 0 && window.ethereum) wallets.set("", { name: "", provider: window.ethereum });
	offer();
});

// offer shows a button for each wallet at each place that can use one.
function offer() {
	for (const place of document.querySelectorAll("[data-wallet]")) {
		place.hidden = false;
		place.replaceChildren();
		const result = document.createElement("p");
		result.setAttribute("role", "status");
		for (const { name, provider } of wallets.values()) {
			const button = document.createElement("button");
			button.type = "button";
			button.textContent = place.dataset.words + (name ? ` (${name.slice(0, 40)})` : "");
			button.addEventListener("click", async () => {
				button.disabled = true;
				try {
					await (place.dataset.wallet === "claim" ? collect : take)(provider, place.dataset, result);
				} catch (problem) {
					result.textContent = `${place.dataset.refused} ${problem?.message ?? ""}`.slice(0, 300);
				}
				button.disabled = false;
			});
			place.append(button);
		}
		if (wallets.size === 0) result.textContent = place.dataset.none;
		place.append(result);
	}
}

// take fills in the wallet's address.
async function take(provider, words, result) {
	const [account] = await provider.request({ method: "eth_requestAccounts" });
	document.getElementById(words.into).value = account;
	document.getElementById(words.memory).value = account;
	result.textContent = words.done;
}

// collect sends the claim to the distributor and waits until it is in a block.
async function collect(provider, words, result) {
	const [from] = await provider.request({ method: "eth_requestAccounts" });
	if (!await onChain(provider, words.chain)) {
		result.textContent = words.wrongChain;
		return;
	}
	const hash = await provider.request({ method: "eth_sendTransaction", params: [{ from, to: words.to, data: words.calldata, value: "0x0" }] });
	result.textContent = `${words.sent} ${hash}`;
	for (;;) {
		const receipt = await provider.request({ method: "eth_getTransactionReceipt", params: [hash] });
		if (receipt) {
			result.textContent = `${BigInt(receipt.status) === 1n ? words.done : words.failed} ${hash}`;
			return;
		}
		await new Promise((wake) => setTimeout(wake, 500));
	}
}

async function onChain(provider, chain) {
	const same = async () => BigInt(await provider.request({ method: "eth_chainId" })) === BigInt(chain);
	if (await same()) return true;
	try {
		await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId: chain }] });
	} catch {
		return false;
	}
	return same();
}
