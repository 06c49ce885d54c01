// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/**
 * @title TestToken
 * @notice A stand-in for SESH on development chains: a plain ERC-20 token with the same symbol and the same
 * 9 decimals. It is worth nothing.
 */
contract TestToken is ERC20 {
    /**
     * @notice Mints the whole supply to the deployer.
     * @param supply atomic units (10^9 of them are one token)
     */
    constructor(uint256 supply) ERC20("Session Token (test)", "SESH") {
        _mint(msg.sender, supply);
    }

    /// @notice Nine, as SESH.
    function decimals() public pure override returns (uint8) {
        return 9;
    }
}
