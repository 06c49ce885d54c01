// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev Nine decimals and everything minted to the deployer: the base of the hostile tokens.
abstract contract Nine is ERC20 {
    constructor() ERC20("Hostile", "BAD") {
        _mint(msg.sender, 10 ** 18);
    }

    function decimals() public pure virtual override returns (uint8) {
        return 9;
    }
}

/// @dev Answers false instead of reverting, and moves nothing, once told to.
contract FalseToken is Nine {
    bool public refusing;

    function refuse(bool on) external {
        refusing = on;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (refusing) return false;
        return super.transfer(to, value);
    }
}

/// @dev Keeps a tenth of every transfer.
contract FeeToken is Nine {
    function transfer(address to, uint256 value) public override returns (bool) {
        super.transfer(to, value - value / 10);
        _burn(msg.sender, value / 10);
        return true;
    }
}

/// @dev Calls back with the given data in the middle of a transfer, and keeps what came of it.
contract ReentrantToken is Nine {
    address private _target;
    bytes private _data;
    bool private _inside;

    uint256 public succeeded;
    uint256 public failed;
    bytes public lastError;

    function arm(address target, bytes calldata data) external {
        _target = target;
        _data = data;
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (_target != address(0) && !_inside) {
            _inside = true;
            (bool ok, bytes memory answer) = _target.call(_data);
            _inside = false;
            if (ok) {
                ++succeeded;
            } else {
                ++failed;
                lastError = answer;
            }
        }
        return super.transfer(to, value);
    }
}

/// @dev A token with the wrong number of decimals.
contract EightDecimals is Nine {
    function decimals() public pure override returns (uint8) {
        return 8;
    }
}

/// @dev A contract that is no token at all.
contract NoDecimals {
    uint256 public one = 1;
}

/// @dev The yardstick for gas: plain transfers in a loop, as a careful sender without claims would do it.
contract TransferLoop {
    function run(IERC20 token, address[] calldata to, uint256[] calldata amounts) external {
        for (uint256 i = 0; i < to.length; ++i) {
            require(token.transfer(to[i], amounts[i]));
        }
    }
}
