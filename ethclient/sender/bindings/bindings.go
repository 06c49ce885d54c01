// Code generated via abigen V2 - DO NOT EDIT.
// This file is a generated binding and any manual changes will be lost.

package bindings

import (
	"bytes"
	"errors"
	"math/big"

	"github.com/ethereum/go-ethereum/accounts/abi"
	"github.com/ethereum/go-ethereum/accounts/abi/bind/v2"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
)

// Reference imports to suppress errors if they are not otherwise used.
var (
	_ = bytes.Equal
	_ = errors.New
	_ = big.NewInt
	_ = common.Big1
	_ = types.BloomLookup
	_ = abi.ConvertType
)

// SessionTokenDistributorSettings is an auto generated low-level Go binding around an user-defined struct.
type SessionTokenDistributorSettings struct {
	Token           common.Address
	Owner           common.Address
	Publisher       common.Address
	Guardian        common.Address
	ActivationDelay uint64
	TermsCloseAt    uint64
	ClosesAt        uint64
	MigrationId     [8]byte
}

// SessionTokenDistributorMetaData contains all meta data concerning the SessionTokenDistributor contract.
var SessionTokenDistributorMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"components\":[{\"internalType\":\"contractIERC20\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"publisher\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"},{\"internalType\":\"uint64\",\"name\":\"activationDelay\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"termsCloseAt\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"},{\"internalType\":\"bytes8\",\"name\":\"migrationId\",\"type\":\"bytes8\"}],\"internalType\":\"structSessionTokenDistributor.Settings\",\"name\":\"s\",\"type\":\"tuple\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[],\"name\":\"BatchEmpty\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"accounts\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"cumulatives\",\"type\":\"uint256\"}],\"name\":\"BatchUneven\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"},{\"internalType\":\"uint256\",\"name\":\"earliest\",\"type\":\"uint256\"}],\"name\":\"ClosesTooEarly\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"},{\"internalType\":\"uint256\",\"name\":\"latest\",\"type\":\"uint256\"}],\"name\":\"ClosesTooLate\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"activatesAt\",\"type\":\"uint64\"}],\"name\":\"DelayNotOver\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"delay\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"max\",\"type\":\"uint64\"}],\"name\":\"DelayOutOfRange\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"InvalidProof\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"}],\"name\":\"IsClosed\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"IsNotPaused\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"}],\"name\":\"IsOpen\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"IsPaused\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"MerkleProofInvalidMultiproof\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotGuardian\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotGuardianOrOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"caller\",\"type\":\"address\"}],\"name\":\"NotPublisher\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingLive\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"NothingPending\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"claimed\",\"type\":\"uint256\"}],\"name\":\"NothingToClaim\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"}],\"name\":\"OwnableInvalidOwner\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"OwnableUnauthorizedAccount\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"OwnerRequired\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"RoleNotAllowed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"}],\"name\":\"RootIsPending\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"RootMissing\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"highest\",\"type\":\"uint64\"}],\"name\":\"RoundTooFar\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"internalType\":\"uint64\",\"name\":\"lastProposed\",\"type\":\"uint64\"}],\"name\":\"RoundUsed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint8\",\"name\":\"bits\",\"type\":\"uint8\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"SafeCastOverflowedUintDowncast\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"SafeERC20FailedOperation\",\"type\":\"error\"},{\"inputs\":[],\"name\":\"SettingMissing\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"}],\"name\":\"SweepToNotAllowed\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"}],\"name\":\"TokenHasNoCode\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"totalClaimed\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"}],\"name\":\"TotalExceeded\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"liveTotal\",\"type\":\"uint256\"}],\"name\":\"TotalFalls\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"available\",\"type\":\"uint256\"}],\"name\":\"Underfunded\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"token\",\"type\":\"address\"},{\"internalType\":\"uint8\",\"name\":\"decimals\",\"type\":\"uint8\"}],\"name\":\"WrongDecimals\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"}],\"name\":\"Claimed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"previous\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"closesAt\",\"type\":\"uint64\"}],\"name\":\"ClosesAtMoved\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previous\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"guardian\",\"type\":\"address\"}],\"name\":\"GuardianChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferStarted\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previousOwner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"OwnershipTransferred\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"address\",\"name\":\"by\",\"type\":\"address\"}],\"name\":\"Paused\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"previous\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"publisher\",\"type\":\"address\"}],\"name\":\"PublisherChanged\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"}],\"name\":\"RootActivated\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"address\",\"name\":\"by\",\"type\":\"address\"}],\"name\":\"RootCancelled\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"},{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"ledgerSize\",\"type\":\"uint64\"},{\"indexed\":false,\"internalType\":\"bytes32\",\"name\":\"ledgerRoot\",\"type\":\"bytes32\"},{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"activatesAt\",\"type\":\"uint64\"}],\"name\":\"RootProposed\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"amount\",\"type\":\"uint256\"}],\"name\":\"Swept\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":false,\"internalType\":\"address\",\"name\":\"by\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint64\",\"name\":\"pausedFor\",\"type\":\"uint64\"}],\"name\":\"Unpaused\",\"type\":\"event\"},{\"inputs\":[],\"name\":\"acceptOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"activate\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"activationDelay\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"cancel\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"cumulative\",\"type\":\"uint256\"},{\"internalType\":\"bytes32[]\",\"name\":\"proof\",\"type\":\"bytes32[]\"}],\"name\":\"claim\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address[]\",\"name\":\"accounts\",\"type\":\"address[]\"},{\"internalType\":\"uint256[]\",\"name\":\"cumulatives\",\"type\":\"uint256[]\"},{\"internalType\":\"bytes32[]\",\"name\":\"proof\",\"type\":\"bytes32[]\"},{\"internalType\":\"bool[]\",\"name\":\"proofFlags\",\"type\":\"bool[]\"}],\"name\":\"claimBatch\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"claimed\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"closesAt\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"guardian\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"lastProposed\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"live\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"migrationId\",\"outputs\":[{\"internalType\":\"bytes8\",\"name\":\"\",\"type\":\"bytes8\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"newClosesAt\",\"type\":\"uint64\"}],\"name\":\"moveClosesAt\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"owner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pause\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"paused\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pausedAt\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pending\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"root\",\"type\":\"bytes32\"},{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"},{\"internalType\":\"uint64\",\"name\":\"activatesAt\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"pendingOwner\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"uint64\",\"name\":\"round\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"newRoot\",\"type\":\"bytes32\"},{\"internalType\":\"uint256\",\"name\":\"total\",\"type\":\"uint256\"},{\"internalType\":\"uint64\",\"name\":\"ledgerSize\",\"type\":\"uint64\"},{\"internalType\":\"bytes32\",\"name\":\"ledgerRoot\",\"type\":\"bytes32\"}],\"name\":\"propose\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"publisher\",\"outputs\":[{\"internalType\":\"address\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"renounceOwnership\",\"outputs\":[],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"setGuardian\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"setPublisher\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"}],\"name\":\"sweep\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"termsCloseAt\",\"outputs\":[{\"internalType\":\"uint64\",\"name\":\"\",\"type\":\"uint64\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"token\",\"outputs\":[{\"internalType\":\"contractIERC20\",\"name\":\"\",\"type\":\"address\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"totalClaimed\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"newOwner\",\"type\":\"address\"}],\"name\":\"transferOwnership\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"unpause\",\"outputs\":[],\"stateMutability\":\"nonpayable\",\"type\":\"function\"}]",
	ID:  "SessionTokenDistributor",
	Bin: "0x610100604052346105b157604051601f612cc438819003918201601f19168301916001600160401b038311848410176105b557808492610100946040528339810103126105b1576040519061010082016001600160401b038111838210176105b55760405280516001600160a01b03811681036105b1578252610084602082016105c9565b6020830190808252610098604084016105c9565b604085019081526100ab606085016105c9565b92606086019384526100bf608086016105dd565b92608087019384526100d360a087016105dd565b60a0880190815260e06100e860c089016105dd565b60c08a01908152970151916001600160c01b0319831683036105b15760e089019283526001600160a01b031694851561059e57600180546001600160a01b03199081169091555f80549182168817815587916001600160a01b0316907f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e09080a388516001600160a01b0316803b1561058c5750885163313ce56760e01b5f90815260209160049082906001600160a01b03165afa5f5190610100821090601f3d1116169081029015801561057e575b61055a575080516001600160401b03168015801561054e575b610535575081516001600160401b0316158015610522575b6105135787516001600160401b0316428111156104f2575087516001600160401b0316610214426105f1565b81116104d3575060018060401b038251166276a70081018091116104bf5788516001600160401b03168181106104aa57505088516001600160a01b0390811660805290516001600160401b0390811660a052915190911660c05290516001600160c01b03191660e05285516004805464ffffffffff60b01b191660b09290921b64ffffffffff60b01b16919091179055905186516102b6929081169116610602565b5184516001600160a01b0391821693916102d1911684610602565b8183148015610496575b8015610482575b61046f5760025461034391908490816001600160a01b0382167f5049ad685dd352f26a7b9e0413f1a72662662c8fe4082332182ca0f81a1e7c4f5f80a36001600160a01b031916176002555194516001600160a01b03958616951685610602565b8314908115610465575b508015610451575b61043e577fe6975ecefcde2f0538aaa32758356a48279bd15efa44ca94297d24881c28ef5291604091600354918351928160018060a01b0382167fa14fc14d8620a708a896fd11392a235647d99385500a295f0d7da2a258b2e9675f80a36001600160a01b03191617600355515f82525f196001841b01166020820152a160405161266f908161065582396080518181816101ad01528181610685015281816108ee01528181610c06015281816113d80152818161183b01528181611e3c01526123aa015260a0518181816114b80152611891015260c05181611d67015260e05181610ffc0152f35b50632c2da9cd60e01b5f5260045260245ffd5b506003546001600160a01b03168214610355565b905082145f61034d565b82632c2da9cd60e01b5f5260045260245ffd5b506002546001600160a01b031683146102e2565b506003546001600160a01b031683146102db565b630dcfb0c760e31b5f5260045260245260445ffd5b634e487b7160e01b5f52601160045260245ffd5b6104dc426105f1565b9063015d386960e11b5f5260045260245260445ffd5b60014201908142116104bf57630dcfb0c760e31b5f5260045260245260445ffd5b632222d71560e21b5f5260045ffd5b5082516001600160c01b031916156101e8565b63eb1bbc3f60e01b5f526004526276a70060245260445ffd5b506276a70081116101d0565b60ff908a60018060a01b0390511663ee6449a360e01b5f526004521660245260445ffd5b50600960ff821614156101b7565b63d0b1b2a760e01b5f5260045260245ffd5b631e4fbdf760e01b5f525f60045260245ffd5b5f80fd5b634e487b7160e01b5f52604160045260245ffd5b51906001600160a01b03821682036105b157565b51906001600160401b03821682036105b157565b90632598060082018092116104bf57565b6001600160a01b031690811590811561064a575b8115610637575b506106255750565b632c2da9cd60e01b5f5260045260245ffd5b6001600160a01b0316821490505f61061d565b308314915061061656fe60a06040526004361015610011575f80fd5b5f3560e01c806301681a6214611d8b5780630410f96c14611d295780630f15f4c014611bcb57806318379ea0146116f5578063203886e3146115665780632e55d0f21461152157806339a3a99a146114dc5780633a8c07861461147a5780633d13f8741461127d5780633f4ba83a146110b1578063452a9320146110605780635c975abb1461102057806366d1b18714610fa6578063715018a614610f5057806379ba509714610e415780638456cb5914610d045780638a0dac4a14610bc25780638c72c54e14610b715780638da5cb5b14610b21578063957aa58c14610abe57806398fdbb3114610a7a578063c884ef8314610a17578063cab63661146108aa578063d1e5524c146104eb578063d54ad2a1146104a3578063e20ccec314610444578063e30c3978146103f3578063ea8a1af0146102b2578063f2fde38b146101d55763fc0c546a14610163575f80fd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602060405173ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b5f80fd5b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15761020c611f81565b6102146121d5565b73ffffffffffffffffffffffffffffffffffffffff811690816102a3575b5061023b6121d5565b807fffffffffffffffffffffffff0000000000000000000000000000000000000000600154161760015573ffffffffffffffffffffffffffffffffffffffff5f54167f38d16b8cac22d99fc7c124b9cd0de2d3fa1faef420bfe791d8c362d765e227005f80a3005b6102ac906123a5565b81610232565b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15773ffffffffffffffffffffffffffffffffffffffff60035416331415806103d2575b6103a65760055464ffffffffff8160581c161561037e577fffffffffffffffffffffffffffffffff0000000000ffffffffffffffffffffff81166005557fad8d4114ae6c0b2ca46e99303db2e5ef1fbd68aeccc973472b58f7df2d6f364b604063ffffffff60075493825194855233602086015260801c1692a2005b7f175c1aea000000000000000000000000000000000000000000000000000000005f5260045ffd5b7fd53780c4000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff5f5416331415610302565b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602073ffffffffffffffffffffffffffffffffffffffff60015416604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157608067ffffffffffffffff610485612194565b91846040959495519516855260208501526040840152166060820152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760206affffffffffffffffffffff60045416604051908152f35b346101d15760807ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760043567ffffffffffffffff81116101d15761053a903690600401611fbb565b9060243567ffffffffffffffff81116101d15761055b903690600401611fbb565b60449391933567ffffffffffffffff81116101d15761057e903690600401611fbb565b60649591953567ffffffffffffffff81116101d1576105a1903690600401611fbb565b90966105ab6122db565b929199909387890361087a578815610852576105c6896120d3565b916105e16105d38b6120bb565b604051608052608051611fec565b89608051527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe06106108b6120bb565b0136602060805101375f9687898b8d8f5b81851061078c5750505050509061063d939291600654956124bd565b03610764576affffffffffffffffffffff9261065892612353565b167fffffffffffffffffffffffffffffffffffffffffff000000000000000000000060045416176004555f7f0000000000000000000000000000000000000000000000000000000000000000905b8481106106af57005b806106be600192608051612180565b51801561075e577f3469dd5cb9d967e391fbd9b9a2aa9b98bd93572408f5f112a926ea72b109025673ffffffffffffffffffffffffffffffffffffffff61070e610709858b8d612122565b61215f565b6107198482896121f5565b6107548c610728878c8c612122565b3560405194859416968491604091949367ffffffffffffffff9160608501968552602085015216910152565b0390a25b016106a6565b50610758565b7f09bde339000000000000000000000000000000000000000000000000000000005f5260045ffd5b9373ffffffffffffffffffffffffffffffffffffffff926107b8610709839f96976107be958591612122565b95612122565b35926107ed848273ffffffffffffffffffffffffffffffffffffffff165f5260205260405f205f5260205f2090565b6107f78d8a612180565b521691825f52600860205260405f20548082111561084657918161083a936001959303925f52600860205260405f2055816108348d608051612180565b526120ae565b985b01898b8d8f610621565b5050986001915061083c565b7f50e980cc000000000000000000000000000000000000000000000000000000005f5260045ffd5b87897fbc5c2843000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d1576108e1611f81565b6108e96121d5565b6109137f000000000000000000000000000000000000000000000000000000000000000082612436565b73ffffffffffffffffffffffffffffffffffffffff805f5416911690811480156109f6575b80156109d5575b6109aa577fffffffffffffffffffffffff00000000000000000000000000000000000000006002548273ffffffffffffffffffffffffffffffffffffffff82167f5049ad685dd352f26a7b9e0413f1a72662662c8fe4082332182ca0f81a1e7c4f5f80a31617600255005b7f2c2da9cd000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b5073ffffffffffffffffffffffffffffffffffffffff60025416811461093f565b5073ffffffffffffffffffffffffffffffffffffffff600354168114610938565b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15773ffffffffffffffffffffffffffffffffffffffff610a63611f81565b165f526008602052602060405f2054604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602063ffffffff60055460801c16604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760606004546affffffffffffffffffffff600654916040519263ffffffff8260d81c168452602084015260581c166040820152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602073ffffffffffffffffffffffffffffffffffffffff5f5416604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602073ffffffffffffffffffffffffffffffffffffffff60025416604051908152f35b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157610bf9611f81565b610c016121d5565b610c2b7f000000000000000000000000000000000000000000000000000000000000000082612436565b73ffffffffffffffffffffffffffffffffffffffff805f541691169081148015610ce3575b8015610cc2575b6109aa577fffffffffffffffffffffffff00000000000000000000000000000000000000006003548273ffffffffffffffffffffffffffffffffffffffff82167fa14fc14d8620a708a896fd11392a235647d99385500a295f0d7da2a258b2e9675f80a31617600355005b5073ffffffffffffffffffffffffffffffffffffffff600354168114610c57565b5073ffffffffffffffffffffffffffffffffffffffff600254168114610c50565b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760035473ffffffffffffffffffffffffffffffffffffffff81163303610e1557610d5a6122bf565b7f01000000000000000000000000000000000000000000000000000000000000007effffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff60045416176004557fffffffffffffff0000000000ffffffffffffffffffffffffffffffffffffffff78ffffffffff00000000000000000000000000000000000000004260a01b169116176003557f62e78cea01bee320cd4e420270b5ea74000d11b0c9f74754ebdbfc544b05a2586020604051338152a1005b7fa252c151000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157610e78336123a5565b6001543373ffffffffffffffffffffffffffffffffffffffff821603610f24577fffffffffffffffffffffffff0000000000000000000000000000000000000000166001555f54337fffffffffffffffffffffffff00000000000000000000000000000000000000008216175f5573ffffffffffffffffffffffffffffffffffffffff3391167f8be0079c531659141344cd1fd0a4f28419497f9722a3daafe3b4186f6b6457e05f80a3005b7f118cdaa7000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d1577f3c776be1000000000000000000000000000000000000000000000000000000005f5260045ffd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760206040517fffffffffffffffff0000000000000000000000000000000000000000000000007f0000000000000000000000000000000000000000000000000000000000000000168152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602060045460f81c6040519015158152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602073ffffffffffffffffffffffffffffffffffffffff60035416604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d1576110e76121d5565b6004548060f81c15611255576003549064ffffffffff8260a01c1667ffffffffffffffff42160367ffffffffffffffff8111611228577fffffffffffffff0000000000ffffffffffffffffffffffffffffffffffffffff64ffffffffff8360b01c1693611154838661207b565b937effffffff0000000000ffffffffffffffffffffffffffffffffffffffffffff7affffffffff000000000000000000000000000000000000000000008660b01b16911617600455166003557f1e78eb3db804e4690e11819f4cae065404627af05376b1ae90346f58b48d2f7d604067ffffffffffffffff8151933385521692836020820152a16111e157005b6040805167ffffffffffffffff93841681529190921660208201527fe6975ecefcde2f0538aaa32758356a48279bd15efa44ca94297d24881c28ef5291819081015b0390a1005b7f4e487b71000000000000000000000000000000000000000000000000000000005f52601160045260245ffd5b7fbc871ce5000000000000000000000000000000000000000000000000000000005f5260045ffd5b346101d15760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d1576112b4611f81565b60243560443567ffffffffffffffff81116101d1576112d7903690600401611fbb565b91906112e16122db565b92909460065491611315868973ffffffffffffffffffffffffffffffffffffffff165f5260205260405f205f5260205f2090565b9160051b81015b80821061145a575050036107645773ffffffffffffffffffffffffffffffffffffffff851693845f52600860205260405f2054958685111561142a5761142592916113fc916affffffffffffffffffffff61139e7f3469dd5cb9d967e391fbd9b9a2aa9b98bd93572408f5f112a926ea72b1090256999a890397888095612353565b167fffffffffffffffffffffffffffffffffffffffffff00000000000000000000006004541617600455885f5260086020528660405f20557f00000000000000000000000000000000000000000000000000000000000000006121f5565b6040519384938491604091949367ffffffffffffffff9160608501968552602085015216910152565b0390a2005b86867f01ac6c1a000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b9091602083359182811160051b9081521852602060405f2092019061131c565b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602060405167ffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602064ffffffffff60045460b01c16604051908152f35b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602064ffffffffff60035460a01c16604051908152f35b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15761159d611fa4565b6115a56121d5565b6115ad6122bf565b6004549064ffffffffff8260b01c1667ffffffffffffffff821692818411156116a8576115d94261209d565b841161166f577fffffffffff0000000000ffffffffffffffffffffffffffffffffffffffffffff1660b083901b7affffffffff0000000000000000000000000000000000000000000016176004556040805167ffffffffffffffff92831681529190921660208201527fe6975ecefcde2f0538aaa32758356a48279bd15efa44ca94297d24881c28ef5292509081908101611223565b836116794261209d565b907f02ba70d2000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b836001830167ffffffffffffffff81116112285767ffffffffffffffff917f6e7d8638000000000000000000000000000000000000000000000000000000005f526004521660245260445ffd5b346101d15760a07ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15761172c611fa4565b602435604435906064359067ffffffffffffffff82168092036101d15773ffffffffffffffffffffffffffffffffffffffff600254163303611b9f576004549364ffffffffff8560b01c168042101580611b94575b611b6957506005549263ffffffff8460801c169564ffffffffff8560581c16611b3d5767ffffffffffffffff83169680881115611b0e5767ffffffffffffffff6117ca8261205a565b168811611acb57508315611aa3576affffffffffffffffffffff8160581c16808710611a745750604051907f70a0823100000000000000000000000000000000000000000000000000000000825230600483015260208260248173ffffffffffffffffffffffffffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000165afa918215611a69575f92611a2a575b50906affffffffffffffffffffff6118849216906120ae565b8086116119fb57506118c07f000000000000000000000000000000000000000000000000000000000000000067ffffffffffffffff421661207b565b906affffffffffffffffffffff86116119ca5763ffffffff8711611999577ffd7ed07c278b0b5bf9fe23d90414344508049ed380c59d9064db35eb27b96ee59560a09573ffffffff0000000000000000000000000000000067ffffffffffffffff9560801b16907fffffffffffffffffffffffff00000000000000000000000000000000000000006affffffffffffffffffffff84169116176fffffffffff00000000000000000000008560581b16171760055584600755604051948552602085015260408401526084356060840152166080820152a2005b867f6dfcc650000000000000000000000000000000000000000000000000000000005f52602060045260245260445ffd5b857f6dfcc650000000000000000000000000000000000000000000000000000000005f52605860045260245260445ffd5b857f2305a7aa000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b91506020823d602011611a61575b81611a4560209383611fec565b810103126101d1579051906affffffffffffffffffffff61186b565b3d9150611a38565b6040513d5f823e3d90fd5b867fae98d60f000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b7fdee98370000000000000000000000000000000000000000000000000000000005f5260045ffd5b87611ade67ffffffffffffffff9261205a565b907fc46ac71d000000000000000000000000000000000000000000000000000000005f526004521660245260445ffd5b877f2119a4fb000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b867f758e5648000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f825fbb1a000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b508560f81c15611781565b7fe35593b5000000000000000000000000000000000000000000000000000000005f523360045260245ffd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d15760055464ffffffffff8160581c16801561037e57611c156122bf565b804210611cfe57507f9e4dbc3e4b78886ae23dcc1bd3019ad0a9d4f0ca4d92bab214dcdbe63c9ab63e604063ffffffff600754936004548160581b907fff00000000ffffffffff0000000000000000000000ffffffffffffffffffffff75ffffffffffffffffffffff00000000000000000000007effffffff00000000000000000000000000000000000000000000000000000084169316911617176004557fffffffffffffffffffffffffffffffff0000000000ffffffffffffffffffffff81166005558460065582519485526affffffffffffffffffffff8116602086015260801c1692a2005b7f1d656cf9000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b346101d1575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157602060405167ffffffffffffffff7f0000000000000000000000000000000000000000000000000000000000000000168152f35b346101d15760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc3601126101d157611dc2611f81565b611dca6121d5565b6004548060f81c611f595764ffffffffff9060b01c16804210611f2e575073ffffffffffffffffffffffffffffffffffffffff81169081158015611f25575b611ef9576040517f70a08231000000000000000000000000000000000000000000000000000000008152306004820152907f000000000000000000000000000000000000000000000000000000000000000060208360248173ffffffffffffffffffffffffffffffffffffffff85165afa928315611a69575f93611ec1575b5091611eb8816020937fc36b5179cb9c303b200074996eab2b3473eac370fdd7eba3bec636fe35109696956121f5565b604051908152a2005b9250906020833d602011611ef1575b81611edd60209383611fec565b810103126101d15791519190611eb8611e88565b3d9150611ed0565b507f96ff1b08000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b50308214611e09565b7f34d17964000000000000000000000000000000000000000000000000000000005f5260045260245ffd5b7f1309a563000000000000000000000000000000000000000000000000000000005f5260045ffd5b6004359073ffffffffffffffffffffffffffffffffffffffff821682036101d157565b6004359067ffffffffffffffff821682036101d157565b9181601f840112156101d15782359167ffffffffffffffff83116101d1576020808501948460051b0101116101d157565b90601f7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0910116810190811067ffffffffffffffff82111761202d57604052565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b67ffffffffffffffff6103e89116019067ffffffffffffffff821161122857565b9067ffffffffffffffff8091169116019067ffffffffffffffff821161122857565b906325980600820180921161122857565b9190820180921161122857565b67ffffffffffffffff811161202d5760051b60200190565b906120dd826120bb565b6120ea6040519182611fec565b8281527fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe061211882946120bb565b0190602036910137565b91908110156121325760051b0190565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52603260045260245ffd5b3573ffffffffffffffffffffffffffffffffffffffff811681036101d15790565b80518210156121325760209160051b010190565b60055464ffffffffff8160581c1680156121c957600754926affffffffffffffffffffff63ffffffff8460801c169493169190565b50505f905f905f905f90565b73ffffffffffffffffffffffffffffffffffffffff5f54163303610f2457565b9173ffffffffffffffffffffffffffffffffffffffff604051927fa9059cbb000000000000000000000000000000000000000000000000000000005f521660045260245260205f60448180865af19060015f511482161561229e575b6040521561225c5750565b73ffffffffffffffffffffffffffffffffffffffff907f5274afe7000000000000000000000000000000000000000000000000000000005f521660045260245ffd5b9060018115166122b657823b15153d15161690612251565b503d5f823e3d90fd5b6122d960045464ffffffffff8160b01c169060f81c61241d565b565b6004549063ffffffff8260d81c16906affffffffffffffffffffff8360581c16906affffffffffffffffffffff841692612324819564ffffffffff8160b01c169060f81c61241d565b1561232b57565b7f9fdbe4f7000000000000000000000000000000000000000000000000000000005f5260045ffd5b9061235d916120ae565b9080821161237657506affffffffffffffffffffff1690565b907f97b2c9fe000000000000000000000000000000000000000000000000000000005f5260045260245260445ffd5b6123cf7f000000000000000000000000000000000000000000000000000000000000000082612436565b73ffffffffffffffffffffffffffffffffffffffff8060025416911690811480156123fc575b6109aa5750565b5073ffffffffffffffffffffffffffffffffffffffff6003541681146123f5565b611f595767ffffffffffffffff1680421015611b695750565b73ffffffffffffffffffffffffffffffffffffffff16908115908115612486575b8115612466575b506109aa5750565b73ffffffffffffffffffffffffffffffffffffffff91501681145f61245e565b3083149150612457565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81146112285760010190565b939091929381516124ce84826120ae565b6001870190818811611228570361253957851561263c576124ee866120d3565b945f5f905f955f5b8a8110612561575050505050505003612539577fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff612535920190612180565b5190565b7f35140492000000000000000000000000000000000000000000000000000000005f5260045ffd5b858310156126225761257c61257584612490565b9383612180565b51905b61258a818d88612122565b359182151583036101d1576001921561260757878510156125ee576125b86125b186612490565b9585612180565b515b905b818110156125df575f5260205260405f205b6125d8828d612180565b52016124f6565b905f5260205260405f206125ce565b6126016125fa87612490565b968d612180565b516125ba565b61261b6126138b612490565b9a8c8b612122565b35906125bc565b61263561262e85612490565b948b612180565b519061257f565b919450925015612656575050805115612132576020015190565b9091501561213257359056fea164736f6c6343000825000a",
}

// SessionTokenDistributor is an auto generated Go binding around an Ethereum contract.
type SessionTokenDistributor struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *SessionTokenDistributor) GetABI() abi.ABI {
	return c.abi
}

// NewSessionTokenDistributor creates a new instance of SessionTokenDistributor.
func NewSessionTokenDistributor() *SessionTokenDistributor {
	parsed, err := SessionTokenDistributorMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &SessionTokenDistributor{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *SessionTokenDistributor) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor((address,address,address,address,uint64,uint64,uint64,bytes8) s) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackConstructor(s SessionTokenDistributorSettings) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("", s)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackAcceptOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79ba5097.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function acceptOwnership() returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackAcceptOwnership() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("acceptOwnership")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAcceptOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x79ba5097.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function acceptOwnership() returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackAcceptOwnership() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("acceptOwnership")
}

// PackActivate is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0f15f4c0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function activate() returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackActivate() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("activate")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackActivate is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0f15f4c0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function activate() returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackActivate() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("activate")
}

// PackActivationDelay is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3a8c0786.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function activationDelay() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) PackActivationDelay() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("activationDelay")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackActivationDelay is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3a8c0786.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function activationDelay() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackActivationDelay() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("activationDelay")
}

// UnpackActivationDelay is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x3a8c0786.
//
// Solidity: function activationDelay() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackActivationDelay(data []byte) (uint64, error) {
	out, err := sessionTokenDistributor.abi.Unpack("activationDelay", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackCancel is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xea8a1af0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function cancel() returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackCancel() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("cancel")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackCancel is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xea8a1af0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function cancel() returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackCancel() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("cancel")
}

// PackClaim is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3d13f874.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function claim(address account, uint256 cumulative, bytes32[] proof) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackClaim(account common.Address, cumulative *big.Int, proof [][32]byte) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("claim", account, cumulative, proof)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClaim is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3d13f874.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function claim(address account, uint256 cumulative, bytes32[] proof) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackClaim(account common.Address, cumulative *big.Int, proof [][32]byte) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("claim", account, cumulative, proof)
}

// PackClaimBatch is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd1e5524c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function claimBatch(address[] accounts, uint256[] cumulatives, bytes32[] proof, bool[] proofFlags) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackClaimBatch(accounts []common.Address, cumulatives []*big.Int, proof [][32]byte, proofFlags []bool) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("claimBatch", accounts, cumulatives, proof, proofFlags)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClaimBatch is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd1e5524c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function claimBatch(address[] accounts, uint256[] cumulatives, bytes32[] proof, bool[] proofFlags) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackClaimBatch(accounts []common.Address, cumulatives []*big.Int, proof [][32]byte, proofFlags []bool) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("claimBatch", accounts, cumulatives, proof, proofFlags)
}

// PackClaimed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc884ef83.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function claimed(address account) view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) PackClaimed(account common.Address) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("claimed", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClaimed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xc884ef83.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function claimed(address account) view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackClaimed(account common.Address) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("claimed", account)
}

// UnpackClaimed is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xc884ef83.
//
// Solidity: function claimed(address account) view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClaimed(data []byte) (*big.Int, error) {
	out, err := sessionTokenDistributor.abi.Unpack("claimed", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackClosesAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x39a3a99a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function closesAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) PackClosesAt() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("closesAt")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackClosesAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x39a3a99a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function closesAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackClosesAt() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("closesAt")
}

// UnpackClosesAt is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x39a3a99a.
//
// Solidity: function closesAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClosesAt(data []byte) (uint64, error) {
	out, err := sessionTokenDistributor.abi.Unpack("closesAt", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackGuardian is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x452a9320.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function guardian() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) PackGuardian() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("guardian")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackGuardian is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x452a9320.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function guardian() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackGuardian() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("guardian")
}

// UnpackGuardian is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x452a9320.
//
// Solidity: function guardian() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackGuardian(data []byte) (common.Address, error) {
	out, err := sessionTokenDistributor.abi.Unpack("guardian", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackLastProposed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x98fdbb31.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function lastProposed() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) PackLastProposed() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("lastProposed")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackLastProposed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x98fdbb31.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function lastProposed() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackLastProposed() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("lastProposed")
}

// UnpackLastProposed is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x98fdbb31.
//
// Solidity: function lastProposed() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackLastProposed(data []byte) (uint64, error) {
	out, err := sessionTokenDistributor.abi.Unpack("lastProposed", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackLive is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x957aa58c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function live() view returns(uint64 round, bytes32 root, uint256 total)
func (sessionTokenDistributor *SessionTokenDistributor) PackLive() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("live")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackLive is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x957aa58c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function live() view returns(uint64 round, bytes32 root, uint256 total)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackLive() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("live")
}

// LiveOutput serves as a container for the return parameters of contract
// method Live.
type LiveOutput struct {
	Round uint64
	Root  [32]byte
	Total *big.Int
}

// UnpackLive is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x957aa58c.
//
// Solidity: function live() view returns(uint64 round, bytes32 root, uint256 total)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackLive(data []byte) (LiveOutput, error) {
	out, err := sessionTokenDistributor.abi.Unpack("live", data)
	outstruct := new(LiveOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Round = *abi.ConvertType(out[0], new(uint64)).(*uint64)
	outstruct.Root = *abi.ConvertType(out[1], new([32]byte)).(*[32]byte)
	outstruct.Total = abi.ConvertType(out[2], new(big.Int)).(*big.Int)
	return *outstruct, nil
}

// PackMigrationId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x66d1b187.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function migrationId() view returns(bytes8)
func (sessionTokenDistributor *SessionTokenDistributor) PackMigrationId() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("migrationId")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMigrationId is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x66d1b187.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function migrationId() view returns(bytes8)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackMigrationId() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("migrationId")
}

// UnpackMigrationId is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x66d1b187.
//
// Solidity: function migrationId() view returns(bytes8)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackMigrationId(data []byte) ([8]byte, error) {
	out, err := sessionTokenDistributor.abi.Unpack("migrationId", data)
	if err != nil {
		return *new([8]byte), err
	}
	out0 := *abi.ConvertType(out[0], new([8]byte)).(*[8]byte)
	return out0, nil
}

// PackMoveClosesAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x203886e3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function moveClosesAt(uint64 newClosesAt) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackMoveClosesAt(newClosesAt uint64) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("moveClosesAt", newClosesAt)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackMoveClosesAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x203886e3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function moveClosesAt(uint64 newClosesAt) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackMoveClosesAt(newClosesAt uint64) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("moveClosesAt", newClosesAt)
}

// PackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function owner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) PackOwner() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("owner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8da5cb5b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function owner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackOwner() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("owner")
}

// UnpackOwner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x8da5cb5b.
//
// Solidity: function owner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwner(data []byte) (common.Address, error) {
	out, err := sessionTokenDistributor.abi.Unpack("owner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackPause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8456cb59.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pause() returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackPause() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("pause")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8456cb59.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pause() returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPause() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("pause")
}

// PackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function paused() view returns(bool)
func (sessionTokenDistributor *SessionTokenDistributor) PackPaused() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("paused")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPaused is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x5c975abb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function paused() view returns(bool)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPaused() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("paused")
}

// UnpackPaused is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x5c975abb.
//
// Solidity: function paused() view returns(bool)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPaused(data []byte) (bool, error) {
	out, err := sessionTokenDistributor.abi.Unpack("paused", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackPausedAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2e55d0f2.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pausedAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) PackPausedAt() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("pausedAt")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPausedAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x2e55d0f2.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pausedAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPausedAt() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("pausedAt")
}

// UnpackPausedAt is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x2e55d0f2.
//
// Solidity: function pausedAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPausedAt(data []byte) (uint64, error) {
	out, err := sessionTokenDistributor.abi.Unpack("pausedAt", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackPending is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe20ccec3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pending() view returns(uint64 round, bytes32 root, uint256 total, uint64 activatesAt)
func (sessionTokenDistributor *SessionTokenDistributor) PackPending() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("pending")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPending is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe20ccec3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pending() view returns(uint64 round, bytes32 root, uint256 total, uint64 activatesAt)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPending() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("pending")
}

// PendingOutput serves as a container for the return parameters of contract
// method Pending.
type PendingOutput struct {
	Round       uint64
	Root        [32]byte
	Total       *big.Int
	ActivatesAt uint64
}

// UnpackPending is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe20ccec3.
//
// Solidity: function pending() view returns(uint64 round, bytes32 root, uint256 total, uint64 activatesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPending(data []byte) (PendingOutput, error) {
	out, err := sessionTokenDistributor.abi.Unpack("pending", data)
	outstruct := new(PendingOutput)
	if err != nil {
		return *outstruct, err
	}
	outstruct.Round = *abi.ConvertType(out[0], new(uint64)).(*uint64)
	outstruct.Root = *abi.ConvertType(out[1], new([32]byte)).(*[32]byte)
	outstruct.Total = abi.ConvertType(out[2], new(big.Int)).(*big.Int)
	outstruct.ActivatesAt = *abi.ConvertType(out[3], new(uint64)).(*uint64)
	return *outstruct, nil
}

// PackPendingOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe30c3978.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function pendingOwner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) PackPendingOwner() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("pendingOwner")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPendingOwner is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xe30c3978.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function pendingOwner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPendingOwner() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("pendingOwner")
}

// UnpackPendingOwner is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xe30c3978.
//
// Solidity: function pendingOwner() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPendingOwner(data []byte) (common.Address, error) {
	out, err := sessionTokenDistributor.abi.Unpack("pendingOwner", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackPropose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18379ea0.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function propose(uint64 round, bytes32 newRoot, uint256 total, uint64 ledgerSize, bytes32 ledgerRoot) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackPropose(round uint64, newRoot [32]byte, total *big.Int, ledgerSize uint64, ledgerRoot [32]byte) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("propose", round, newRoot, total, ledgerSize, ledgerRoot)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPropose is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18379ea0.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function propose(uint64 round, bytes32 newRoot, uint256 total, uint64 ledgerSize, bytes32 ledgerRoot) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPropose(round uint64, newRoot [32]byte, total *big.Int, ledgerSize uint64, ledgerRoot [32]byte) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("propose", round, newRoot, total, ledgerSize, ledgerRoot)
}

// PackPublisher is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8c72c54e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function publisher() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) PackPublisher() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("publisher")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackPublisher is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8c72c54e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function publisher() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackPublisher() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("publisher")
}

// UnpackPublisher is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x8c72c54e.
//
// Solidity: function publisher() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPublisher(data []byte) (common.Address, error) {
	out, err := sessionTokenDistributor.abi.Unpack("publisher", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackRenounceOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x715018a6.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function renounceOwnership() pure returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackRenounceOwnership() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("renounceOwnership")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackRenounceOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x715018a6.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function renounceOwnership() pure returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackRenounceOwnership() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("renounceOwnership")
}

// PackSetGuardian is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8a0dac4a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setGuardian(address account) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackSetGuardian(account common.Address) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("setGuardian", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetGuardian is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x8a0dac4a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setGuardian(address account) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackSetGuardian(account common.Address) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("setGuardian", account)
}

// PackSetPublisher is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcab63661.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function setPublisher(address account) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackSetPublisher(account common.Address) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("setPublisher", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSetPublisher is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xcab63661.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function setPublisher(address account) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackSetPublisher(account common.Address) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("setPublisher", account)
}

// PackSweep is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x01681a62.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function sweep(address to) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackSweep(to common.Address) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("sweep", to)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSweep is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x01681a62.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function sweep(address to) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackSweep(to common.Address) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("sweep", to)
}

// PackTermsCloseAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0410f96c.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function termsCloseAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) PackTermsCloseAt() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("termsCloseAt")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTermsCloseAt is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x0410f96c.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function termsCloseAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackTermsCloseAt() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("termsCloseAt")
}

// UnpackTermsCloseAt is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x0410f96c.
//
// Solidity: function termsCloseAt() view returns(uint64)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackTermsCloseAt(data []byte) (uint64, error) {
	out, err := sessionTokenDistributor.abi.Unpack("termsCloseAt", data)
	if err != nil {
		return *new(uint64), err
	}
	out0 := *abi.ConvertType(out[0], new(uint64)).(*uint64)
	return out0, nil
}

// PackToken is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfc0c546a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function token() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) PackToken() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("token")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackToken is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xfc0c546a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function token() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackToken() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("token")
}

// UnpackToken is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xfc0c546a.
//
// Solidity: function token() view returns(address)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackToken(data []byte) (common.Address, error) {
	out, err := sessionTokenDistributor.abi.Unpack("token", data)
	if err != nil {
		return *new(common.Address), err
	}
	out0 := *abi.ConvertType(out[0], new(common.Address)).(*common.Address)
	return out0, nil
}

// PackTotalClaimed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd54ad2a1.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function totalClaimed() view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) PackTotalClaimed() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("totalClaimed")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTotalClaimed is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xd54ad2a1.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function totalClaimed() view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) TryPackTotalClaimed() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("totalClaimed")
}

// UnpackTotalClaimed is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xd54ad2a1.
//
// Solidity: function totalClaimed() view returns(uint256)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackTotalClaimed(data []byte) (*big.Int, error) {
	out, err := sessionTokenDistributor.abi.Unpack("totalClaimed", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackTransferOwnership(newOwner common.Address) []byte {
	enc, err := sessionTokenDistributor.abi.Pack("transferOwnership", newOwner)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferOwnership is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xf2fde38b.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferOwnership(address newOwner) returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackTransferOwnership(newOwner common.Address) ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("transferOwnership", newOwner)
}

// PackUnpause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3f4ba83a.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function unpause() returns()
func (sessionTokenDistributor *SessionTokenDistributor) PackUnpause() []byte {
	enc, err := sessionTokenDistributor.abi.Pack("unpause")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackUnpause is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x3f4ba83a.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function unpause() returns()
func (sessionTokenDistributor *SessionTokenDistributor) TryPackUnpause() ([]byte, error) {
	return sessionTokenDistributor.abi.Pack("unpause")
}

// SessionTokenDistributorClaimed represents a Claimed event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorClaimed struct {
	Account    common.Address
	Amount     *big.Int
	Cumulative *big.Int
	Round      uint64
	Raw        *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorClaimedEventName = "Claimed"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorClaimed) ContractEventName() string {
	return SessionTokenDistributorClaimedEventName
}

// UnpackClaimedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Claimed(address indexed account, uint256 amount, uint256 cumulative, uint64 round)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClaimedEvent(log *types.Log) (*SessionTokenDistributorClaimed, error) {
	event := "Claimed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorClaimed)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorClosesAtMoved represents a ClosesAtMoved event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorClosesAtMoved struct {
	Previous uint64
	ClosesAt uint64
	Raw      *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorClosesAtMovedEventName = "ClosesAtMoved"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorClosesAtMoved) ContractEventName() string {
	return SessionTokenDistributorClosesAtMovedEventName
}

// UnpackClosesAtMovedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event ClosesAtMoved(uint64 previous, uint64 closesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClosesAtMovedEvent(log *types.Log) (*SessionTokenDistributorClosesAtMoved, error) {
	event := "ClosesAtMoved"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorClosesAtMoved)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorGuardianChanged represents a GuardianChanged event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorGuardianChanged struct {
	Previous common.Address
	Guardian common.Address
	Raw      *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorGuardianChangedEventName = "GuardianChanged"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorGuardianChanged) ContractEventName() string {
	return SessionTokenDistributorGuardianChangedEventName
}

// UnpackGuardianChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event GuardianChanged(address indexed previous, address indexed guardian)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackGuardianChangedEvent(log *types.Log) (*SessionTokenDistributorGuardianChanged, error) {
	event := "GuardianChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorGuardianChanged)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorOwnershipTransferStarted represents a OwnershipTransferStarted event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorOwnershipTransferStarted struct {
	PreviousOwner common.Address
	NewOwner      common.Address
	Raw           *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorOwnershipTransferStartedEventName = "OwnershipTransferStarted"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorOwnershipTransferStarted) ContractEventName() string {
	return SessionTokenDistributorOwnershipTransferStartedEventName
}

// UnpackOwnershipTransferStartedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwnershipTransferStartedEvent(log *types.Log) (*SessionTokenDistributorOwnershipTransferStarted, error) {
	event := "OwnershipTransferStarted"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorOwnershipTransferStarted)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorOwnershipTransferred represents a OwnershipTransferred event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorOwnershipTransferred struct {
	PreviousOwner common.Address
	NewOwner      common.Address
	Raw           *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorOwnershipTransferredEventName = "OwnershipTransferred"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorOwnershipTransferred) ContractEventName() string {
	return SessionTokenDistributorOwnershipTransferredEventName
}

// UnpackOwnershipTransferredEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event OwnershipTransferred(address indexed previousOwner, address indexed newOwner)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwnershipTransferredEvent(log *types.Log) (*SessionTokenDistributorOwnershipTransferred, error) {
	event := "OwnershipTransferred"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorOwnershipTransferred)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorPaused represents a Paused event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorPaused struct {
	By  common.Address
	Raw *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorPausedEventName = "Paused"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorPaused) ContractEventName() string {
	return SessionTokenDistributorPausedEventName
}

// UnpackPausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Paused(address by)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPausedEvent(log *types.Log) (*SessionTokenDistributorPaused, error) {
	event := "Paused"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorPaused)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorPublisherChanged represents a PublisherChanged event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorPublisherChanged struct {
	Previous  common.Address
	Publisher common.Address
	Raw       *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorPublisherChangedEventName = "PublisherChanged"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorPublisherChanged) ContractEventName() string {
	return SessionTokenDistributorPublisherChangedEventName
}

// UnpackPublisherChangedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event PublisherChanged(address indexed previous, address indexed publisher)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackPublisherChangedEvent(log *types.Log) (*SessionTokenDistributorPublisherChanged, error) {
	event := "PublisherChanged"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorPublisherChanged)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorRootActivated represents a RootActivated event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRootActivated struct {
	Round uint64
	Root  [32]byte
	Total *big.Int
	Raw   *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorRootActivatedEventName = "RootActivated"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorRootActivated) ContractEventName() string {
	return SessionTokenDistributorRootActivatedEventName
}

// UnpackRootActivatedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event RootActivated(uint64 indexed round, bytes32 root, uint256 total)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRootActivatedEvent(log *types.Log) (*SessionTokenDistributorRootActivated, error) {
	event := "RootActivated"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorRootActivated)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorRootCancelled represents a RootCancelled event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRootCancelled struct {
	Round uint64
	Root  [32]byte
	By    common.Address
	Raw   *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorRootCancelledEventName = "RootCancelled"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorRootCancelled) ContractEventName() string {
	return SessionTokenDistributorRootCancelledEventName
}

// UnpackRootCancelledEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event RootCancelled(uint64 indexed round, bytes32 root, address by)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRootCancelledEvent(log *types.Log) (*SessionTokenDistributorRootCancelled, error) {
	event := "RootCancelled"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorRootCancelled)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorRootProposed represents a RootProposed event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRootProposed struct {
	Round       uint64
	Root        [32]byte
	Total       *big.Int
	LedgerSize  uint64
	LedgerRoot  [32]byte
	ActivatesAt uint64
	Raw         *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorRootProposedEventName = "RootProposed"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorRootProposed) ContractEventName() string {
	return SessionTokenDistributorRootProposedEventName
}

// UnpackRootProposedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event RootProposed(uint64 indexed round, bytes32 root, uint256 total, uint64 ledgerSize, bytes32 ledgerRoot, uint64 activatesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRootProposedEvent(log *types.Log) (*SessionTokenDistributorRootProposed, error) {
	event := "RootProposed"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorRootProposed)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorSwept represents a Swept event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorSwept struct {
	To     common.Address
	Amount *big.Int
	Raw    *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorSweptEventName = "Swept"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorSwept) ContractEventName() string {
	return SessionTokenDistributorSweptEventName
}

// UnpackSweptEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Swept(address indexed to, uint256 amount)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackSweptEvent(log *types.Log) (*SessionTokenDistributorSwept, error) {
	event := "Swept"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorSwept)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// SessionTokenDistributorUnpaused represents a Unpaused event raised by the SessionTokenDistributor contract.
type SessionTokenDistributorUnpaused struct {
	By        common.Address
	PausedFor uint64
	Raw       *types.Log // Blockchain specific contextual infos
}

const SessionTokenDistributorUnpausedEventName = "Unpaused"

// ContractEventName returns the user-defined event name.
func (SessionTokenDistributorUnpaused) ContractEventName() string {
	return SessionTokenDistributorUnpausedEventName
}

// UnpackUnpausedEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Unpaused(address by, uint64 pausedFor)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackUnpausedEvent(log *types.Log) (*SessionTokenDistributorUnpaused, error) {
	event := "Unpaused"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != sessionTokenDistributor.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(SessionTokenDistributorUnpaused)
	if len(log.Data) > 0 {
		if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range sessionTokenDistributor.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (sessionTokenDistributor *SessionTokenDistributor) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["BatchEmpty"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackBatchEmptyError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["BatchUneven"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackBatchUnevenError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["ClosesTooEarly"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackClosesTooEarlyError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["ClosesTooLate"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackClosesTooLateError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["DelayNotOver"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackDelayNotOverError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["DelayOutOfRange"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackDelayOutOfRangeError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["InvalidProof"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackInvalidProofError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["IsClosed"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackIsClosedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["IsNotPaused"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackIsNotPausedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["IsOpen"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackIsOpenError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["IsPaused"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackIsPausedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["MerkleProofInvalidMultiproof"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackMerkleProofInvalidMultiproofError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NotGuardian"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNotGuardianError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NotGuardianOrOwner"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNotGuardianOrOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NotPublisher"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNotPublisherError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NothingLive"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNothingLiveError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NothingPending"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNothingPendingError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["NothingToClaim"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackNothingToClaimError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["OwnableInvalidOwner"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackOwnableInvalidOwnerError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["OwnableUnauthorizedAccount"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackOwnableUnauthorizedAccountError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["OwnerRequired"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackOwnerRequiredError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["RoleNotAllowed"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackRoleNotAllowedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["RootIsPending"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackRootIsPendingError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["RootMissing"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackRootMissingError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["RoundTooFar"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackRoundTooFarError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["RoundUsed"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackRoundUsedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["SafeCastOverflowedUintDowncast"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackSafeCastOverflowedUintDowncastError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["SafeERC20FailedOperation"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackSafeERC20FailedOperationError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["SettingMissing"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackSettingMissingError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["SweepToNotAllowed"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackSweepToNotAllowedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["TokenHasNoCode"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackTokenHasNoCodeError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["TotalExceeded"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackTotalExceededError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["TotalFalls"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackTotalFallsError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["Underfunded"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackUnderfundedError(raw[4:])
	}
	if bytes.Equal(raw[:4], sessionTokenDistributor.abi.Errors["WrongDecimals"].ID.Bytes()[:4]) {
		return sessionTokenDistributor.UnpackWrongDecimalsError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// SessionTokenDistributorBatchEmpty represents a BatchEmpty error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorBatchEmpty struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BatchEmpty()
func SessionTokenDistributorBatchEmptyErrorID() common.Hash {
	return common.HexToHash("0x50e980cc61cbc139cce5db720abf20938663aa742c8f1e42423e92f394698c2e")
}

// UnpackBatchEmptyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BatchEmpty()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackBatchEmptyError(raw []byte) (*SessionTokenDistributorBatchEmpty, error) {
	out := new(SessionTokenDistributorBatchEmpty)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "BatchEmpty", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorBatchUneven represents a BatchUneven error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorBatchUneven struct {
	Accounts    *big.Int
	Cumulatives *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error BatchUneven(uint256 accounts, uint256 cumulatives)
func SessionTokenDistributorBatchUnevenErrorID() common.Hash {
	return common.HexToHash("0xbc5c284303b8e64d6aad32982b6927493f3d06ef98749cb542fce590303415d5")
}

// UnpackBatchUnevenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error BatchUneven(uint256 accounts, uint256 cumulatives)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackBatchUnevenError(raw []byte) (*SessionTokenDistributorBatchUneven, error) {
	out := new(SessionTokenDistributorBatchUneven)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "BatchUneven", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorClosesTooEarly represents a ClosesTooEarly error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorClosesTooEarly struct {
	ClosesAt uint64
	Earliest *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ClosesTooEarly(uint64 closesAt, uint256 earliest)
func SessionTokenDistributorClosesTooEarlyErrorID() common.Hash {
	return common.HexToHash("0x6e7d8638b2abaa41262f1c7ca1ed1f9600537b26ce63a8287116e9c530299081")
}

// UnpackClosesTooEarlyError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ClosesTooEarly(uint64 closesAt, uint256 earliest)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClosesTooEarlyError(raw []byte) (*SessionTokenDistributorClosesTooEarly, error) {
	out := new(SessionTokenDistributorClosesTooEarly)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "ClosesTooEarly", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorClosesTooLate represents a ClosesTooLate error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorClosesTooLate struct {
	ClosesAt uint64
	Latest   *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ClosesTooLate(uint64 closesAt, uint256 latest)
func SessionTokenDistributorClosesTooLateErrorID() common.Hash {
	return common.HexToHash("0x02ba70d22ad04c34eb17f544c5ada6bd2d94cb97e598dd6cc140da87af97e5f7")
}

// UnpackClosesTooLateError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ClosesTooLate(uint64 closesAt, uint256 latest)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackClosesTooLateError(raw []byte) (*SessionTokenDistributorClosesTooLate, error) {
	out := new(SessionTokenDistributorClosesTooLate)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "ClosesTooLate", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorDelayNotOver represents a DelayNotOver error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorDelayNotOver struct {
	ActivatesAt uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error DelayNotOver(uint64 activatesAt)
func SessionTokenDistributorDelayNotOverErrorID() common.Hash {
	return common.HexToHash("0x1d656cf990d0b8bd37f05ca9777cdf0cfdd03daae40cc333a0068414add42d6a")
}

// UnpackDelayNotOverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error DelayNotOver(uint64 activatesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackDelayNotOverError(raw []byte) (*SessionTokenDistributorDelayNotOver, error) {
	out := new(SessionTokenDistributorDelayNotOver)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "DelayNotOver", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorDelayOutOfRange represents a DelayOutOfRange error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorDelayOutOfRange struct {
	Delay uint64
	Max   uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error DelayOutOfRange(uint64 delay, uint64 max)
func SessionTokenDistributorDelayOutOfRangeErrorID() common.Hash {
	return common.HexToHash("0xeb1bbc3f8eac6272a70eaf89809f0e0980b329517c72aa4b26899d7c15ec1b03")
}

// UnpackDelayOutOfRangeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error DelayOutOfRange(uint64 delay, uint64 max)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackDelayOutOfRangeError(raw []byte) (*SessionTokenDistributorDelayOutOfRange, error) {
	out := new(SessionTokenDistributorDelayOutOfRange)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "DelayOutOfRange", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorInvalidProof represents a InvalidProof error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorInvalidProof struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error InvalidProof()
func SessionTokenDistributorInvalidProofErrorID() common.Hash {
	return common.HexToHash("0x09bde339c6b182be216ee7ef8ccff6338c6ef7993445216112ae575c5438fd27")
}

// UnpackInvalidProofError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error InvalidProof()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackInvalidProofError(raw []byte) (*SessionTokenDistributorInvalidProof, error) {
	out := new(SessionTokenDistributorInvalidProof)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "InvalidProof", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorIsClosed represents a IsClosed error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorIsClosed struct {
	ClosesAt uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error IsClosed(uint64 closesAt)
func SessionTokenDistributorIsClosedErrorID() common.Hash {
	return common.HexToHash("0x825fbb1ab70eebdd7fc73f926615162f2ecaed1a1bb5690b50f0c134b4437acd")
}

// UnpackIsClosedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error IsClosed(uint64 closesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackIsClosedError(raw []byte) (*SessionTokenDistributorIsClosed, error) {
	out := new(SessionTokenDistributorIsClosed)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "IsClosed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorIsNotPaused represents a IsNotPaused error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorIsNotPaused struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error IsNotPaused()
func SessionTokenDistributorIsNotPausedErrorID() common.Hash {
	return common.HexToHash("0xbc871ce58588b8725589aaa2715ec107875123f1078db083599c9b659a38fc46")
}

// UnpackIsNotPausedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error IsNotPaused()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackIsNotPausedError(raw []byte) (*SessionTokenDistributorIsNotPaused, error) {
	out := new(SessionTokenDistributorIsNotPaused)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "IsNotPaused", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorIsOpen represents a IsOpen error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorIsOpen struct {
	ClosesAt uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error IsOpen(uint64 closesAt)
func SessionTokenDistributorIsOpenErrorID() common.Hash {
	return common.HexToHash("0x34d17964f4c7b56662b3ff96592e65636ec1118692e2cdda920d4aaaf45bbe3b")
}

// UnpackIsOpenError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error IsOpen(uint64 closesAt)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackIsOpenError(raw []byte) (*SessionTokenDistributorIsOpen, error) {
	out := new(SessionTokenDistributorIsOpen)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "IsOpen", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorIsPaused represents a IsPaused error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorIsPaused struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error IsPaused()
func SessionTokenDistributorIsPausedErrorID() common.Hash {
	return common.HexToHash("0x1309a5639731e6b91c4aa19095f23eee07602ba240a393e2b5ccbf71a8e2952f")
}

// UnpackIsPausedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error IsPaused()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackIsPausedError(raw []byte) (*SessionTokenDistributorIsPaused, error) {
	out := new(SessionTokenDistributorIsPaused)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "IsPaused", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorMerkleProofInvalidMultiproof represents a MerkleProofInvalidMultiproof error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorMerkleProofInvalidMultiproof struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error MerkleProofInvalidMultiproof()
func SessionTokenDistributorMerkleProofInvalidMultiproofErrorID() common.Hash {
	return common.HexToHash("0x351404920163d662c9e55a2ededa2a037e643758bbfddef8b612fa4d17ed11ea")
}

// UnpackMerkleProofInvalidMultiproofError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error MerkleProofInvalidMultiproof()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackMerkleProofInvalidMultiproofError(raw []byte) (*SessionTokenDistributorMerkleProofInvalidMultiproof, error) {
	out := new(SessionTokenDistributorMerkleProofInvalidMultiproof)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "MerkleProofInvalidMultiproof", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNotGuardian represents a NotGuardian error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNotGuardian struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotGuardian(address caller)
func SessionTokenDistributorNotGuardianErrorID() common.Hash {
	return common.HexToHash("0xa252c151cd1ee155ad6a596fd962f839a8b963fd05f5e863eca095de2e0b08a4")
}

// UnpackNotGuardianError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotGuardian(address caller)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNotGuardianError(raw []byte) (*SessionTokenDistributorNotGuardian, error) {
	out := new(SessionTokenDistributorNotGuardian)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NotGuardian", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNotGuardianOrOwner represents a NotGuardianOrOwner error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNotGuardianOrOwner struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotGuardianOrOwner(address caller)
func SessionTokenDistributorNotGuardianOrOwnerErrorID() common.Hash {
	return common.HexToHash("0xd53780c45fdc1098094444b212415a9364390b93a70d34b90b7d486ef84b84fc")
}

// UnpackNotGuardianOrOwnerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotGuardianOrOwner(address caller)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNotGuardianOrOwnerError(raw []byte) (*SessionTokenDistributorNotGuardianOrOwner, error) {
	out := new(SessionTokenDistributorNotGuardianOrOwner)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NotGuardianOrOwner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNotPublisher represents a NotPublisher error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNotPublisher struct {
	Caller common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NotPublisher(address caller)
func SessionTokenDistributorNotPublisherErrorID() common.Hash {
	return common.HexToHash("0xe35593b591a96c80d7334157deded924b1ef3d6ded54f820934a20912d1a9d8e")
}

// UnpackNotPublisherError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NotPublisher(address caller)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNotPublisherError(raw []byte) (*SessionTokenDistributorNotPublisher, error) {
	out := new(SessionTokenDistributorNotPublisher)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NotPublisher", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNothingLive represents a NothingLive error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNothingLive struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingLive()
func SessionTokenDistributorNothingLiveErrorID() common.Hash {
	return common.HexToHash("0x9fdbe4f7f9c1f021f445817c7c04a543c859d51bd2f16f78e69868ce7096f2f3")
}

// UnpackNothingLiveError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingLive()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNothingLiveError(raw []byte) (*SessionTokenDistributorNothingLive, error) {
	out := new(SessionTokenDistributorNothingLive)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NothingLive", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNothingPending represents a NothingPending error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNothingPending struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingPending()
func SessionTokenDistributorNothingPendingErrorID() common.Hash {
	return common.HexToHash("0x175c1aea8c453b556720d39e3cb0e313105d00199d98e8a01c1a820f7ffae2f3")
}

// UnpackNothingPendingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingPending()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNothingPendingError(raw []byte) (*SessionTokenDistributorNothingPending, error) {
	out := new(SessionTokenDistributorNothingPending)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NothingPending", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorNothingToClaim represents a NothingToClaim error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorNothingToClaim struct {
	Account common.Address
	Claimed *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error NothingToClaim(address account, uint256 claimed)
func SessionTokenDistributorNothingToClaimErrorID() common.Hash {
	return common.HexToHash("0x01ac6c1a7eefe3bb77b0103be5637bc1149875a3eef79ab1e671f13f98ece98a")
}

// UnpackNothingToClaimError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error NothingToClaim(address account, uint256 claimed)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackNothingToClaimError(raw []byte) (*SessionTokenDistributorNothingToClaim, error) {
	out := new(SessionTokenDistributorNothingToClaim)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "NothingToClaim", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorOwnableInvalidOwner represents a OwnableInvalidOwner error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorOwnableInvalidOwner struct {
	Owner common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnableInvalidOwner(address owner)
func SessionTokenDistributorOwnableInvalidOwnerErrorID() common.Hash {
	return common.HexToHash("0x1e4fbdf7f3ef8bcaa855599e3abf48b232380f183f08f6f813d9ffa5bd585188")
}

// UnpackOwnableInvalidOwnerError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnableInvalidOwner(address owner)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwnableInvalidOwnerError(raw []byte) (*SessionTokenDistributorOwnableInvalidOwner, error) {
	out := new(SessionTokenDistributorOwnableInvalidOwner)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "OwnableInvalidOwner", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorOwnableUnauthorizedAccount represents a OwnableUnauthorizedAccount error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorOwnableUnauthorizedAccount struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnableUnauthorizedAccount(address account)
func SessionTokenDistributorOwnableUnauthorizedAccountErrorID() common.Hash {
	return common.HexToHash("0x118cdaa7a341953d1887a2245fd6665d741c67c8c50581daa59e1d03373fa188")
}

// UnpackOwnableUnauthorizedAccountError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnableUnauthorizedAccount(address account)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwnableUnauthorizedAccountError(raw []byte) (*SessionTokenDistributorOwnableUnauthorizedAccount, error) {
	out := new(SessionTokenDistributorOwnableUnauthorizedAccount)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "OwnableUnauthorizedAccount", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorOwnerRequired represents a OwnerRequired error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorOwnerRequired struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error OwnerRequired()
func SessionTokenDistributorOwnerRequiredErrorID() common.Hash {
	return common.HexToHash("0x3c776be1520fa3f8e5a76e9b79a85d3ab5216bfba56a29566e6a0a5c410b22da")
}

// UnpackOwnerRequiredError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error OwnerRequired()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackOwnerRequiredError(raw []byte) (*SessionTokenDistributorOwnerRequired, error) {
	out := new(SessionTokenDistributorOwnerRequired)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "OwnerRequired", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorRoleNotAllowed represents a RoleNotAllowed error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRoleNotAllowed struct {
	Account common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error RoleNotAllowed(address account)
func SessionTokenDistributorRoleNotAllowedErrorID() common.Hash {
	return common.HexToHash("0x2c2da9cd5b639602328e0877242c13fa52e686c24a6c048e492bdca505bd3337")
}

// UnpackRoleNotAllowedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error RoleNotAllowed(address account)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRoleNotAllowedError(raw []byte) (*SessionTokenDistributorRoleNotAllowed, error) {
	out := new(SessionTokenDistributorRoleNotAllowed)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "RoleNotAllowed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorRootIsPending represents a RootIsPending error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRootIsPending struct {
	Round uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error RootIsPending(uint64 round)
func SessionTokenDistributorRootIsPendingErrorID() common.Hash {
	return common.HexToHash("0x758e564886265150e29b6c2edacc0e5b66e6ad65d89603fe532047f9bcf40afc")
}

// UnpackRootIsPendingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error RootIsPending(uint64 round)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRootIsPendingError(raw []byte) (*SessionTokenDistributorRootIsPending, error) {
	out := new(SessionTokenDistributorRootIsPending)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "RootIsPending", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorRootMissing represents a RootMissing error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRootMissing struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error RootMissing()
func SessionTokenDistributorRootMissingErrorID() common.Hash {
	return common.HexToHash("0xdee98370969eadd7e25c9ad30150d4703a5c478861f942e8cd802ec64a44e318")
}

// UnpackRootMissingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error RootMissing()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRootMissingError(raw []byte) (*SessionTokenDistributorRootMissing, error) {
	out := new(SessionTokenDistributorRootMissing)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "RootMissing", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorRoundTooFar represents a RoundTooFar error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRoundTooFar struct {
	Round   uint64
	Highest uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error RoundTooFar(uint64 round, uint64 highest)
func SessionTokenDistributorRoundTooFarErrorID() common.Hash {
	return common.HexToHash("0xc46ac71dca8ee992f57d8bd51ba0ff7d937c6804081d2ed1c1e61c3dd64e15f8")
}

// UnpackRoundTooFarError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error RoundTooFar(uint64 round, uint64 highest)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRoundTooFarError(raw []byte) (*SessionTokenDistributorRoundTooFar, error) {
	out := new(SessionTokenDistributorRoundTooFar)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "RoundTooFar", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorRoundUsed represents a RoundUsed error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorRoundUsed struct {
	Round        uint64
	LastProposed uint64
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error RoundUsed(uint64 round, uint64 lastProposed)
func SessionTokenDistributorRoundUsedErrorID() common.Hash {
	return common.HexToHash("0x2119a4fbb0f644d7d91ff4fd47afc0a6db6f1de60457c85bb45f367d09ffc126")
}

// UnpackRoundUsedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error RoundUsed(uint64 round, uint64 lastProposed)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackRoundUsedError(raw []byte) (*SessionTokenDistributorRoundUsed, error) {
	out := new(SessionTokenDistributorRoundUsed)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "RoundUsed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorSafeCastOverflowedUintDowncast represents a SafeCastOverflowedUintDowncast error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorSafeCastOverflowedUintDowncast struct {
	Bits  uint8
	Value *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)
func SessionTokenDistributorSafeCastOverflowedUintDowncastErrorID() common.Hash {
	return common.HexToHash("0x6dfcc6503a32754ce7a89698e18201fc5294fd4aad43edefee786f88423b1a12")
}

// UnpackSafeCastOverflowedUintDowncastError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SafeCastOverflowedUintDowncast(uint8 bits, uint256 value)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackSafeCastOverflowedUintDowncastError(raw []byte) (*SessionTokenDistributorSafeCastOverflowedUintDowncast, error) {
	out := new(SessionTokenDistributorSafeCastOverflowedUintDowncast)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "SafeCastOverflowedUintDowncast", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorSafeERC20FailedOperation represents a SafeERC20FailedOperation error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorSafeERC20FailedOperation struct {
	Token common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SafeERC20FailedOperation(address token)
func SessionTokenDistributorSafeERC20FailedOperationErrorID() common.Hash {
	return common.HexToHash("0x5274afe73c98b4749fc91ffae6b7b574e7842cb2144a159e9377a5f20b32edf9")
}

// UnpackSafeERC20FailedOperationError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SafeERC20FailedOperation(address token)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackSafeERC20FailedOperationError(raw []byte) (*SessionTokenDistributorSafeERC20FailedOperation, error) {
	out := new(SessionTokenDistributorSafeERC20FailedOperation)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "SafeERC20FailedOperation", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorSettingMissing represents a SettingMissing error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorSettingMissing struct {
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SettingMissing()
func SessionTokenDistributorSettingMissingErrorID() common.Hash {
	return common.HexToHash("0x888b5c5476e2eb9d97c4fec4d1217a3d2f3bd977d8e6f7cb4ada9a8dd5ae44a6")
}

// UnpackSettingMissingError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SettingMissing()
func (sessionTokenDistributor *SessionTokenDistributor) UnpackSettingMissingError(raw []byte) (*SessionTokenDistributorSettingMissing, error) {
	out := new(SessionTokenDistributorSettingMissing)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "SettingMissing", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorSweepToNotAllowed represents a SweepToNotAllowed error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorSweepToNotAllowed struct {
	To common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error SweepToNotAllowed(address to)
func SessionTokenDistributorSweepToNotAllowedErrorID() common.Hash {
	return common.HexToHash("0x96ff1b08e59205f2afff736a3eccfaedae6e646e2523ccbc7ba91e3b13c70c5c")
}

// UnpackSweepToNotAllowedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error SweepToNotAllowed(address to)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackSweepToNotAllowedError(raw []byte) (*SessionTokenDistributorSweepToNotAllowed, error) {
	out := new(SessionTokenDistributorSweepToNotAllowed)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "SweepToNotAllowed", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorTokenHasNoCode represents a TokenHasNoCode error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorTokenHasNoCode struct {
	Token common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error TokenHasNoCode(address token)
func SessionTokenDistributorTokenHasNoCodeErrorID() common.Hash {
	return common.HexToHash("0xd0b1b2a7df4721a70ce9221ad01fae470035c185f197cbdf52b18117f777c29b")
}

// UnpackTokenHasNoCodeError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error TokenHasNoCode(address token)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackTokenHasNoCodeError(raw []byte) (*SessionTokenDistributorTokenHasNoCode, error) {
	out := new(SessionTokenDistributorTokenHasNoCode)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "TokenHasNoCode", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorTotalExceeded represents a TotalExceeded error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorTotalExceeded struct {
	TotalClaimed *big.Int
	Total        *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error TotalExceeded(uint256 totalClaimed, uint256 total)
func SessionTokenDistributorTotalExceededErrorID() common.Hash {
	return common.HexToHash("0x97b2c9feed7f15d09a2418836309ba196dd62ae096f19767c80e702f72aefc63")
}

// UnpackTotalExceededError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error TotalExceeded(uint256 totalClaimed, uint256 total)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackTotalExceededError(raw []byte) (*SessionTokenDistributorTotalExceeded, error) {
	out := new(SessionTokenDistributorTotalExceeded)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "TotalExceeded", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorTotalFalls represents a TotalFalls error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorTotalFalls struct {
	Total     *big.Int
	LiveTotal *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error TotalFalls(uint256 total, uint256 liveTotal)
func SessionTokenDistributorTotalFallsErrorID() common.Hash {
	return common.HexToHash("0xae98d60f3cc25cefd63826480511a8630be0effe3183abb0e18510318ccb658c")
}

// UnpackTotalFallsError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error TotalFalls(uint256 total, uint256 liveTotal)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackTotalFallsError(raw []byte) (*SessionTokenDistributorTotalFalls, error) {
	out := new(SessionTokenDistributorTotalFalls)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "TotalFalls", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorUnderfunded represents a Underfunded error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorUnderfunded struct {
	Total     *big.Int
	Available *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error Underfunded(uint256 total, uint256 available)
func SessionTokenDistributorUnderfundedErrorID() common.Hash {
	return common.HexToHash("0x2305a7aa9f1bacc08ec878913363bf92bcd44b7153760139395598009bf82adb")
}

// UnpackUnderfundedError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error Underfunded(uint256 total, uint256 available)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackUnderfundedError(raw []byte) (*SessionTokenDistributorUnderfunded, error) {
	out := new(SessionTokenDistributorUnderfunded)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "Underfunded", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// SessionTokenDistributorWrongDecimals represents a WrongDecimals error raised by the SessionTokenDistributor contract.
type SessionTokenDistributorWrongDecimals struct {
	Token    common.Address
	Decimals uint8
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error WrongDecimals(address token, uint8 decimals)
func SessionTokenDistributorWrongDecimalsErrorID() common.Hash {
	return common.HexToHash("0xee6449a3b647311ffccff6e0f5bdd8ad119db3833ea92b6cb705a67d9c3c9852")
}

// UnpackWrongDecimalsError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error WrongDecimals(address token, uint8 decimals)
func (sessionTokenDistributor *SessionTokenDistributor) UnpackWrongDecimalsError(raw []byte) (*SessionTokenDistributorWrongDecimals, error) {
	out := new(SessionTokenDistributorWrongDecimals)
	if err := sessionTokenDistributor.abi.UnpackIntoInterface(out, "WrongDecimals", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenMetaData contains all meta data concerning the TestToken contract.
var TestTokenMetaData = bind.MetaData{
	ABI: "[{\"inputs\":[{\"internalType\":\"uint256\",\"name\":\"supply\",\"type\":\"uint256\"}],\"stateMutability\":\"nonpayable\",\"type\":\"constructor\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"allowance\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"ERC20InsufficientAllowance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"sender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"balance\",\"type\":\"uint256\"},{\"internalType\":\"uint256\",\"name\":\"needed\",\"type\":\"uint256\"}],\"name\":\"ERC20InsufficientBalance\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"approver\",\"type\":\"address\"}],\"name\":\"ERC20InvalidApprover\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"receiver\",\"type\":\"address\"}],\"name\":\"ERC20InvalidReceiver\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"sender\",\"type\":\"address\"}],\"name\":\"ERC20InvalidSender\",\"type\":\"error\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"}],\"name\":\"ERC20InvalidSpender\",\"type\":\"error\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Approval\",\"type\":\"event\"},{\"anonymous\":false,\"inputs\":[{\"indexed\":true,\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"indexed\":true,\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"indexed\":false,\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"Transfer\",\"type\":\"event\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"owner\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"}],\"name\":\"allowance\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"spender\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"approve\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"account\",\"type\":\"address\"}],\"name\":\"balanceOf\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"decimals\",\"outputs\":[{\"internalType\":\"uint8\",\"name\":\"\",\"type\":\"uint8\"}],\"stateMutability\":\"pure\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"name\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"symbol\",\"outputs\":[{\"internalType\":\"string\",\"name\":\"\",\"type\":\"string\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[],\"name\":\"totalSupply\",\"outputs\":[{\"internalType\":\"uint256\",\"name\":\"\",\"type\":\"uint256\"}],\"stateMutability\":\"view\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transfer\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"},{\"inputs\":[{\"internalType\":\"address\",\"name\":\"from\",\"type\":\"address\"},{\"internalType\":\"address\",\"name\":\"to\",\"type\":\"address\"},{\"internalType\":\"uint256\",\"name\":\"value\",\"type\":\"uint256\"}],\"name\":\"transferFrom\",\"outputs\":[{\"internalType\":\"bool\",\"name\":\"\",\"type\":\"bool\"}],\"stateMutability\":\"nonpayable\",\"type\":\"function\"}]",
	ID:  "TestToken",
	Bin: "0x6080604052346103bc57610d3c6020813803918261001c816103c0565b9384928339810103126103bc575161003460406103c0565b90601482527f53657373696f6e20546f6b656e20287465737429000000000000000000000000602083015261006960406103c0565b60048152630a68aa6960e31b602082015282519091906001600160401b0381116102c257600354600181811c911680156103b2575b60208210146102a457601f8111610344575b506020601f82116001146102e157819293945f926102d6575b50508160011b915f199060031b1c1916176003555b81516001600160401b0381116102c257600454600181811c911680156102b8575b60208210146102a457601f8111610236575b50602092601f82116001146101d557928192935f926101ca575b50508160011b915f199060031b1c1916176004555b33156101b7576002548181018091116101a357600255335f525f60205260405f208181540190556040519081525f7fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef60203393a360405161095690816103e68239f35b634e487b7160e01b5f52601160045260245ffd5b63ec442f0560e01b5f525f60045260245ffd5b015190505f8061012b565b601f1982169360045f52805f20915f5b86811061021e5750836001959610610206575b505050811b01600455610140565b01515f1960f88460031b161c191690555f80806101f8565b919260206001819286850151815501940192016101e5565b818111156101115760045f52601f820160051c7f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b6020841061029c575b81601f9101920160051c03905f5b82811061028f575050610111565b5f82820155600101610281565b5f9150610273565b634e487b7160e01b5f52602260045260245ffd5b90607f16906100ff565b634e487b7160e01b5f52604160045260245ffd5b015190505f806100c9565b601f1982169060035f52805f20915f5b81811061032c57509583600195969710610314575b505050811b016003556100de565b01515f1960f88460031b161c191690555f8080610306565b9192602060018192868b0151815501940192016102f1565b818111156100b05760035f52601f820160051c7fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b602084106103aa575b81601f9101920160051c03905f5b82811061039d5750506100b0565b5f8282015560010161038f565b5f9150610381565b90607f169061009e565b5f80fd5b6040519190601f01601f191682016001600160401b038111838210176102c25760405256fe6080806040526004361015610012575f80fd5b5f3560e01c90816306fdde031461066857508063095ea7b3146105bb57806318160ddd1461058057806323b872dd146103ec578063313ce567146103b357806370a082311461035157806395d89b411461015e578063a9059cbb1461010f5763dd62ed3e1461007f575f80fd5b3461010b5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576100b66107e1565b73ffffffffffffffffffffffffffffffffffffffff6100d3610804565b91165f52600160205273ffffffffffffffffffffffffffffffffffffffff60405f2091165f52602052602060405f2054604051908152f35b5f80fd5b3461010b5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576101536101496107e1565b6024359033610827565b602060405160018152f35b3461010b575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576040515f600454908160011c60018316928315610347575b60208210841461031a5781855284939081156102ba5750600114610240575b5003601f017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01681019067ffffffffffffffff8211818310176102135761020f82918260405282610799565b0390f35b7f4e487b71000000000000000000000000000000000000000000000000000000005f52604160045260245ffd5b60045f90815291507f8a35acfbc15ff81a39ae7d344fd709f28e8600b4aa8c65c6b64bfe7fe36bd19b5b81831061029e57505081016020017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe06101c3565b602091935080600191548385880101520191019091839261026a565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff001660208581019190915291151560051b840190910191507fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe090506101c3565b7f4e487b71000000000000000000000000000000000000000000000000000000005f52602260045260245ffd5b90607f16906101a4565b3461010b5760207ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b5773ffffffffffffffffffffffffffffffffffffffff61039d6107e1565b165f525f602052602060405f2054604051908152f35b3461010b575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b57602060405160098152f35b3461010b5760607ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576104236107e1565b61042b610804565b6044359073ffffffffffffffffffffffffffffffffffffffff831692835f52600160205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f5260205260405f20547fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff81106104a7575b506101539350610827565b83811061054c5784156105205733156104f457610153945f52600160205260405f2073ffffffffffffffffffffffffffffffffffffffff33165f526020528360405f20910390558461049c565b7f94280d62000000000000000000000000000000000000000000000000000000005f525f60045260245ffd5b7fe602df05000000000000000000000000000000000000000000000000000000005f525f60045260245ffd5b83907ffb8f41b2000000000000000000000000000000000000000000000000000000005f523360045260245260445260645ffd5b3461010b575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576020600254604051908152f35b3461010b5760407ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b576105f26107e1565b6024359033156105205773ffffffffffffffffffffffffffffffffffffffff169081156104f457335f52600160205260405f20825f526020528060405f20556040519081527f8c5be1e5ebec7d5bd14f71427d1e84f3dd0314c0f7b2291e5b200ac8c7c3b92560203392a3602060405160018152f35b3461010b575f7ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffc36011261010b575f600354908160011c6001831692831561078f575b60208210841461031a5781855284939081156102ba5750600114610715575003601f017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe01681019067ffffffffffffffff8211818310176102135761020f82918260405282610799565b60035f90815291507fc2575a0e9e593c00f959f8c92f12db2869c3395a3b0502d05e2516446f71f85b5b81831061077357505081016020017fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe06101c3565b602091935080600191548385880101520191019091839261073f565b90607f16906106ab565b7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe0601f602060409481855280519182918282880152018686015e5f8582860101520116010190565b6004359073ffffffffffffffffffffffffffffffffffffffff8216820361010b57565b6024359073ffffffffffffffffffffffffffffffffffffffff8216820361010b57565b73ffffffffffffffffffffffffffffffffffffffff1690811561091d5773ffffffffffffffffffffffffffffffffffffffff169182156108f157815f525f60205260405f20548181106108bf57817fddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef92602092855f525f84520360405f2055845f525f825260405f20818154019055604051908152a3565b827fe450d38c000000000000000000000000000000000000000000000000000000005f5260045260245260445260645ffd5b7fec442f05000000000000000000000000000000000000000000000000000000005f525f60045260245ffd5b7f96c6fd1e000000000000000000000000000000000000000000000000000000005f525f60045260245ffdfea164736f6c6343000825000a",
}

// TestToken is an auto generated Go binding around an Ethereum contract.
type TestToken struct {
	abi abi.ABI
}

// GetABI returns the ABI associated with this contract binding.
func (c *TestToken) GetABI() abi.ABI {
	return c.abi
}

// NewTestToken creates a new instance of TestToken.
func NewTestToken() *TestToken {
	parsed, err := TestTokenMetaData.ParseABI()
	if err != nil {
		panic(errors.New("invalid ABI: " + err.Error()))
	}
	return &TestToken{abi: *parsed}
}

// Instance creates a wrapper for a deployed contract instance at the given address.
// Use this to create the instance object passed to abigen v2 library functions Call, Transact, etc.
func (c *TestToken) Instance(backend bind.ContractBackend, addr common.Address) *bind.BoundContract {
	return bind.NewBoundContract(addr, c.abi, backend, backend, backend)
}

// PackConstructor is the Go binding used to pack the parameters required for
// contract deployment.
//
// Solidity: constructor(uint256 supply) returns()
func (testToken *TestToken) PackConstructor(supply *big.Int) []byte {
	enc, err := testToken.abi.Pack("", supply)
	if err != nil {
		panic(err)
	}
	return enc
}

// PackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (testToken *TestToken) PackAllowance(owner common.Address, spender common.Address) []byte {
	enc, err := testToken.abi.Pack("allowance", owner, spender)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackAllowance is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xdd62ed3e.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (testToken *TestToken) TryPackAllowance(owner common.Address, spender common.Address) ([]byte, error) {
	return testToken.abi.Pack("allowance", owner, spender)
}

// UnpackAllowance is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xdd62ed3e.
//
// Solidity: function allowance(address owner, address spender) view returns(uint256)
func (testToken *TestToken) UnpackAllowance(data []byte) (*big.Int, error) {
	out, err := testToken.abi.Unpack("allowance", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (testToken *TestToken) PackApprove(spender common.Address, value *big.Int) []byte {
	enc, err := testToken.abi.Pack("approve", spender, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackApprove is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x095ea7b3.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (testToken *TestToken) TryPackApprove(spender common.Address, value *big.Int) ([]byte, error) {
	return testToken.abi.Pack("approve", spender, value)
}

// UnpackApprove is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x095ea7b3.
//
// Solidity: function approve(address spender, uint256 value) returns(bool)
func (testToken *TestToken) UnpackApprove(data []byte) (bool, error) {
	out, err := testToken.abi.Unpack("approve", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (testToken *TestToken) PackBalanceOf(account common.Address) []byte {
	enc, err := testToken.abi.Pack("balanceOf", account)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackBalanceOf is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x70a08231.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (testToken *TestToken) TryPackBalanceOf(account common.Address) ([]byte, error) {
	return testToken.abi.Pack("balanceOf", account)
}

// UnpackBalanceOf is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x70a08231.
//
// Solidity: function balanceOf(address account) view returns(uint256)
func (testToken *TestToken) UnpackBalanceOf(data []byte) (*big.Int, error) {
	out, err := testToken.abi.Unpack("balanceOf", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function decimals() pure returns(uint8)
func (testToken *TestToken) PackDecimals() []byte {
	enc, err := testToken.abi.Pack("decimals")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackDecimals is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x313ce567.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function decimals() pure returns(uint8)
func (testToken *TestToken) TryPackDecimals() ([]byte, error) {
	return testToken.abi.Pack("decimals")
}

// UnpackDecimals is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x313ce567.
//
// Solidity: function decimals() pure returns(uint8)
func (testToken *TestToken) UnpackDecimals(data []byte) (uint8, error) {
	out, err := testToken.abi.Unpack("decimals", data)
	if err != nil {
		return *new(uint8), err
	}
	out0 := *abi.ConvertType(out[0], new(uint8)).(*uint8)
	return out0, nil
}

// PackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function name() view returns(string)
func (testToken *TestToken) PackName() []byte {
	enc, err := testToken.abi.Pack("name")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackName is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x06fdde03.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function name() view returns(string)
func (testToken *TestToken) TryPackName() ([]byte, error) {
	return testToken.abi.Pack("name")
}

// UnpackName is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x06fdde03.
//
// Solidity: function name() view returns(string)
func (testToken *TestToken) UnpackName(data []byte) (string, error) {
	out, err := testToken.abi.Unpack("name", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function symbol() view returns(string)
func (testToken *TestToken) PackSymbol() []byte {
	enc, err := testToken.abi.Pack("symbol")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackSymbol is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x95d89b41.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function symbol() view returns(string)
func (testToken *TestToken) TryPackSymbol() ([]byte, error) {
	return testToken.abi.Pack("symbol")
}

// UnpackSymbol is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x95d89b41.
//
// Solidity: function symbol() view returns(string)
func (testToken *TestToken) UnpackSymbol(data []byte) (string, error) {
	out, err := testToken.abi.Unpack("symbol", data)
	if err != nil {
		return *new(string), err
	}
	out0 := *abi.ConvertType(out[0], new(string)).(*string)
	return out0, nil
}

// PackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function totalSupply() view returns(uint256)
func (testToken *TestToken) PackTotalSupply() []byte {
	enc, err := testToken.abi.Pack("totalSupply")
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTotalSupply is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x18160ddd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function totalSupply() view returns(uint256)
func (testToken *TestToken) TryPackTotalSupply() ([]byte, error) {
	return testToken.abi.Pack("totalSupply")
}

// UnpackTotalSupply is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x18160ddd.
//
// Solidity: function totalSupply() view returns(uint256)
func (testToken *TestToken) UnpackTotalSupply(data []byte) (*big.Int, error) {
	out, err := testToken.abi.Unpack("totalSupply", data)
	if err != nil {
		return new(big.Int), err
	}
	out0 := abi.ConvertType(out[0], new(big.Int)).(*big.Int)
	return out0, nil
}

// PackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (testToken *TestToken) PackTransfer(to common.Address, value *big.Int) []byte {
	enc, err := testToken.abi.Pack("transfer", to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransfer is the Go binding used to pack the parameters required for calling
// the contract method with ID 0xa9059cbb.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (testToken *TestToken) TryPackTransfer(to common.Address, value *big.Int) ([]byte, error) {
	return testToken.abi.Pack("transfer", to, value)
}

// UnpackTransfer is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0xa9059cbb.
//
// Solidity: function transfer(address to, uint256 value) returns(bool)
func (testToken *TestToken) UnpackTransfer(data []byte) (bool, error) {
	out, err := testToken.abi.Unpack("transfer", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// PackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will panic if any
// invalid/nil inputs are passed.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (testToken *TestToken) PackTransferFrom(from common.Address, to common.Address, value *big.Int) []byte {
	enc, err := testToken.abi.Pack("transferFrom", from, to, value)
	if err != nil {
		panic(err)
	}
	return enc
}

// TryPackTransferFrom is the Go binding used to pack the parameters required for calling
// the contract method with ID 0x23b872dd.  This method will return an error
// if any inputs are invalid/nil.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (testToken *TestToken) TryPackTransferFrom(from common.Address, to common.Address, value *big.Int) ([]byte, error) {
	return testToken.abi.Pack("transferFrom", from, to, value)
}

// UnpackTransferFrom is the Go binding that unpacks the parameters returned
// from invoking the contract method with ID 0x23b872dd.
//
// Solidity: function transferFrom(address from, address to, uint256 value) returns(bool)
func (testToken *TestToken) UnpackTransferFrom(data []byte) (bool, error) {
	out, err := testToken.abi.Unpack("transferFrom", data)
	if err != nil {
		return *new(bool), err
	}
	out0 := *abi.ConvertType(out[0], new(bool)).(*bool)
	return out0, nil
}

// TestTokenApproval represents a Approval event raised by the TestToken contract.
type TestTokenApproval struct {
	Owner   common.Address
	Spender common.Address
	Value   *big.Int
	Raw     *types.Log // Blockchain specific contextual infos
}

const TestTokenApprovalEventName = "Approval"

// ContractEventName returns the user-defined event name.
func (TestTokenApproval) ContractEventName() string {
	return TestTokenApprovalEventName
}

// UnpackApprovalEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Approval(address indexed owner, address indexed spender, uint256 value)
func (testToken *TestToken) UnpackApprovalEvent(log *types.Log) (*TestTokenApproval, error) {
	event := "Approval"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != testToken.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(TestTokenApproval)
	if len(log.Data) > 0 {
		if err := testToken.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range testToken.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// TestTokenTransfer represents a Transfer event raised by the TestToken contract.
type TestTokenTransfer struct {
	From  common.Address
	To    common.Address
	Value *big.Int
	Raw   *types.Log // Blockchain specific contextual infos
}

const TestTokenTransferEventName = "Transfer"

// ContractEventName returns the user-defined event name.
func (TestTokenTransfer) ContractEventName() string {
	return TestTokenTransferEventName
}

// UnpackTransferEvent is the Go binding that unpacks the event data emitted
// by contract.
//
// Solidity: event Transfer(address indexed from, address indexed to, uint256 value)
func (testToken *TestToken) UnpackTransferEvent(log *types.Log) (*TestTokenTransfer, error) {
	event := "Transfer"
	if len(log.Topics) == 0 {
		return nil, bind.ErrNoEventSignature
	}
	if log.Topics[0] != testToken.abi.Events[event].ID {
		return nil, bind.ErrEventSignatureMismatch
	}
	out := new(TestTokenTransfer)
	if len(log.Data) > 0 {
		if err := testToken.abi.UnpackIntoInterface(out, event, log.Data); err != nil {
			return nil, err
		}
	}
	var indexed abi.Arguments
	for _, arg := range testToken.abi.Events[event].Inputs {
		if arg.Indexed {
			indexed = append(indexed, arg)
		}
	}
	if err := abi.ParseTopics(out, indexed, log.Topics[1:]); err != nil {
		return nil, err
	}
	out.Raw = log
	return out, nil
}

// UnpackError attempts to decode the provided error data using user-defined
// error definitions.
func (testToken *TestToken) UnpackError(raw []byte) (any, error) {
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InsufficientAllowance"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InsufficientAllowanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InsufficientBalance"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InsufficientBalanceError(raw[4:])
	}
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InvalidApprover"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InvalidApproverError(raw[4:])
	}
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InvalidReceiver"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InvalidReceiverError(raw[4:])
	}
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InvalidSender"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InvalidSenderError(raw[4:])
	}
	if bytes.Equal(raw[:4], testToken.abi.Errors["ERC20InvalidSpender"].ID.Bytes()[:4]) {
		return testToken.UnpackERC20InvalidSpenderError(raw[4:])
	}
	return nil, errors.New("Unknown error")
}

// TestTokenERC20InsufficientAllowance represents a ERC20InsufficientAllowance error raised by the TestToken contract.
type TestTokenERC20InsufficientAllowance struct {
	Spender   common.Address
	Allowance *big.Int
	Needed    *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
func TestTokenERC20InsufficientAllowanceErrorID() common.Hash {
	return common.HexToHash("0xfb8f41b23e99d2101d86da76cdfa87dd51c82ed07d3cb62cbc473e469dbc75c3")
}

// UnpackERC20InsufficientAllowanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed)
func (testToken *TestToken) UnpackERC20InsufficientAllowanceError(raw []byte) (*TestTokenERC20InsufficientAllowance, error) {
	out := new(TestTokenERC20InsufficientAllowance)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InsufficientAllowance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenERC20InsufficientBalance represents a ERC20InsufficientBalance error raised by the TestToken contract.
type TestTokenERC20InsufficientBalance struct {
	Sender  common.Address
	Balance *big.Int
	Needed  *big.Int
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
func TestTokenERC20InsufficientBalanceErrorID() common.Hash {
	return common.HexToHash("0xe450d38cd8d9f7d95077d567d60ed49c7254716e6ad08fc9872816c97e0ffec6")
}

// UnpackERC20InsufficientBalanceError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed)
func (testToken *TestToken) UnpackERC20InsufficientBalanceError(raw []byte) (*TestTokenERC20InsufficientBalance, error) {
	out := new(TestTokenERC20InsufficientBalance)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InsufficientBalance", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenERC20InvalidApprover represents a ERC20InvalidApprover error raised by the TestToken contract.
type TestTokenERC20InvalidApprover struct {
	Approver common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidApprover(address approver)
func TestTokenERC20InvalidApproverErrorID() common.Hash {
	return common.HexToHash("0xe602df05cc75712490294c6c104ab7c17f4030363910a7a2626411c6d3118847")
}

// UnpackERC20InvalidApproverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidApprover(address approver)
func (testToken *TestToken) UnpackERC20InvalidApproverError(raw []byte) (*TestTokenERC20InvalidApprover, error) {
	out := new(TestTokenERC20InvalidApprover)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InvalidApprover", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenERC20InvalidReceiver represents a ERC20InvalidReceiver error raised by the TestToken contract.
type TestTokenERC20InvalidReceiver struct {
	Receiver common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidReceiver(address receiver)
func TestTokenERC20InvalidReceiverErrorID() common.Hash {
	return common.HexToHash("0xec442f055133b72f3b2f9f0bb351c406b178527de2040a7d1feb4e058771f613")
}

// UnpackERC20InvalidReceiverError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidReceiver(address receiver)
func (testToken *TestToken) UnpackERC20InvalidReceiverError(raw []byte) (*TestTokenERC20InvalidReceiver, error) {
	out := new(TestTokenERC20InvalidReceiver)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InvalidReceiver", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenERC20InvalidSender represents a ERC20InvalidSender error raised by the TestToken contract.
type TestTokenERC20InvalidSender struct {
	Sender common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidSender(address sender)
func TestTokenERC20InvalidSenderErrorID() common.Hash {
	return common.HexToHash("0x96c6fd1edd0cd6ef7ff0ecc0facdf53148dc0048b57fe58af65755250a7a96bd")
}

// UnpackERC20InvalidSenderError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidSender(address sender)
func (testToken *TestToken) UnpackERC20InvalidSenderError(raw []byte) (*TestTokenERC20InvalidSender, error) {
	out := new(TestTokenERC20InvalidSender)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InvalidSender", raw); err != nil {
		return nil, err
	}
	return out, nil
}

// TestTokenERC20InvalidSpender represents a ERC20InvalidSpender error raised by the TestToken contract.
type TestTokenERC20InvalidSpender struct {
	Spender common.Address
}

// ErrorID returns the hash of canonical representation of the error's signature.
//
// Solidity: error ERC20InvalidSpender(address spender)
func TestTokenERC20InvalidSpenderErrorID() common.Hash {
	return common.HexToHash("0x94280d62c347d8d9f4d59a76ea321452406db88df38e0c9da304f58b57b373a2")
}

// UnpackERC20InvalidSpenderError is the Go binding used to decode the provided
// error data into the corresponding Go error struct.
//
// Solidity: error ERC20InvalidSpender(address spender)
func (testToken *TestToken) UnpackERC20InvalidSpenderError(raw []byte) (*TestTokenERC20InvalidSpender, error) {
	out := new(TestTokenERC20InvalidSpender)
	if err := testToken.abi.UnpackIntoInterface(out, "ERC20InvalidSpender", raw); err != nil {
		return nil, err
	}
	return out, nil
}
