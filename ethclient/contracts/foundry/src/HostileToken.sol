// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @dev A token that anyone may mint, and whose transfers can be made to misbehave, in one way at a time.
contract HostileToken is ERC20 {
    enum Mode {
        Honest,
        ReturnsFalse,
        Reverts,
        CallsBack,
        TakesAFee,
        ReturnsNothing
    }

    Mode public mode;
    address private _target;
    bytes private _data;
    bool private _inside;

    constructor() ERC20("Hostile", "BAD") {}

    function decimals() public pure override returns (uint8) {
        return 9;
    }

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }

    function behave(Mode m) external {
        mode = m;
    }

    /// @dev What the next transfers call in their middle.
    function arm(address target, bytes calldata data) external {
        (mode, _target, _data) = (Mode.CallsBack, target, data);
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        Mode m = mode;
        if (m == Mode.ReturnsFalse) return false;
        require(m != Mode.Reverts, "no");
        if (m == Mode.CallsBack && !_inside) {
            _inside = true;
            (bool ok,) = _target.call(_data);
            ok; // a callback may fail as it likes
            _inside = false;
        }
        uint256 fee = m == Mode.TakesAFee ? amount / 10 : 0;
        _burn(msg.sender, fee);
        _transfer(msg.sender, to, amount - fee);
        if (m == Mode.ReturnsNothing) {
            assembly {
                return(0, 0)
            }
        }
        return true;
    }
}
